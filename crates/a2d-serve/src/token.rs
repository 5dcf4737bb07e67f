//! The token that clients show.

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

use crate::{Error, Result};

/// What clients show to be served: `Authorization: Bearer TOKEN`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// This token.
    ///
    /// # Errors
    /// [`Error::Token`] if it is empty, or of other characters than the visible ones of ASCII.
    pub fn new(token: &str) -> Result<Self> {
        let got = match token {
            "" => "none",
            _ if token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                return Ok(Self(token.to_owned()));
            }
            _ => "others",
        };
        Err(Error::Token { got })
    }

    /// Whether a request shows it. How long that takes does not depend on how much of it is right.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        let (scheme, shown) = shown.split_at(shown.len().min("Bearer ".len()));
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(shown.ct_eq(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_token_is_the_token() {
        let token = Token::new("s3cret").unwrap();
        let shown = |value: &'static str| {
            let headers = [(header::AUTHORIZATION, HeaderValue::from_static(value))];
            token.is_shown(&headers.into_iter().collect())
        };
        assert!(shown("Bearer s3cret") && shown("bearer s3cret"));
        for other in
            ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret"]
        {
            assert!(!shown(other), "{other}");
        }
        assert!(!token.is_shown(&HeaderMap::new()));
        assert!(!format!("{token:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_that_cannot_be_shown_is_refused() {
        for token in ["", "a b", "a\n", "ü"] {
            assert!(Token::new(token).unwrap_err().is_bad_input());
        }
    }
}
