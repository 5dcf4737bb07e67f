use std::fmt::{self, Display, Formatter, Write};

/// Text as it stands in the page, where nothing in it is markup.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let escaped = Escaped("<a b='c' d=\"e\">&é").to_string();
        assert_eq!(escaped, "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;é");
    }
}
