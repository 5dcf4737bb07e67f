//! Tables of attacks, each of a type of its own.

use crate::{Attack, Result};

/// Something to do with an attack, whatever its type.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<A: Attack>(self, attack: &A) -> Self::Output;
}

/// Checks an attack for a model of so many classes.
pub(crate) struct Checking(pub(crate) usize);

impl Visitor for Checking {
    type Output = Result<()>;

    fn visit<A: Attack>(self, attack: &A) -> Result<()> {
        attack.check(self.0)?;
        attack.target().check("target", self.0)
    }
}

/// Declares an enum of named attacks.
macro_rules! attacks {
    (
        $(#[$about:meta])*
        pub enum $table:ident: $kind:literal {
            $($(#[$doc:meta])* $variant:ident($attack:ty) = $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $table {
            $($(#[$doc])* #[serde(rename = $name)] $variant($attack),)+
        }

        impl $table {
            /// The names of all.
            pub const NAMES: [&'static str; [$($name),+].len()] = [$($name),+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            /// Shows the attack to a visitor.
            pub fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
                match self {
                    $(Self::$variant(attack) => visitor.visit(attack),)+
                }
            }

            fn unknown(name: &str) -> Error {
                Error::UnknownName {
                    kind: $kind,
                    known: Self::NAMES.join(", "),
                    name: name.to_owned(),
                }
            }
        }
    };
}
pub(crate) use attacks;
