//! Text in Markdown.

/// Text in which nothing is markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '<' | '[' | ']' | '|') {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_no_markup() {
        assert_eq!(
            super::escaped("JSMA_d *of* <b> | 0.5 & 1"),
            "JSMA\\_d \\*of\\* \\<b> \\| 0.5 & 1"
        );
    }
}
