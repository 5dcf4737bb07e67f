//! How a table is shown.

use super::cell::Cell;

/// How a table is shown: what its rows and columns are, and how its numbers are written.
pub(crate) struct Layout {
    /// What is said of the names of the rows that are shown.
    pub(crate) corner: &'static str,
    /// What the rows of its cells are.
    pub(crate) rows: Axis,
    /// What their columns are.
    pub(crate) columns: Axis,
    /// Whether the columns of its cells are shown as rows.
    pub(crate) turned: bool,
    pub(crate) digits: Digits,
    /// Less than this is no difference.
    pub(crate) margin: f64,
    /// What stands over rows that are shown apart from the others.
    pub(crate) apart: fn(&Cell) -> Option<&'static str>,
}

/// What names are of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Inputs, by the attack that crafted them.
    Inputs,
    /// Defense attacks and detectors on their costs.
    Defenses,
    /// What the names say.
    Text,
}

/// How numbers are written.
#[derive(Clone, Copy)]
pub(crate) enum Digits {
    /// With three decimals.
    Share,
    /// With three digits.
    Three,
}

/// A difference of shares that does not count, however sure it is.
pub(crate) const MARGIN: f64 = 0.005;

impl Layout {
    /// Shares of inputs by defense attacks.
    pub(crate) const SHARES: Self = Self {
        corner: "inputs",
        rows: Axis::Inputs,
        columns: Axis::Defenses,
        turned: false,
        digits: Digits::Share,
        margin: MARGIN,
        apart: |_| None,
    };

    /// Numbers of defense attacks, which are the rows of the cells.
    pub(crate) const OF_DEFENSES: Self = Self {
        corner: "",
        rows: Axis::Defenses,
        columns: Axis::Text,
        turned: true,
        digits: Digits::Three,
        margin: 0.0,
        apart: |_| None,
    };
}

impl Digits {
    /// A number as it is shown.
    pub(crate) fn text(self, number: f64) -> String {
        let size = number.abs();
        match self {
            Self::Share => format!("{number:.3}"),
            Self::Three if size == 0.0 => "0".into(),
            Self::Three if !(1e-3..1e6).contains(&size) => format!("{number:.2e}"),
            Self::Three => {
                let decimals = (2.0 - size.log10().floor()).max(0.0) as usize;
                format!("{number:.decimals$}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let texts =
            [0.0, 1234.5, 219.7, 9.661, 0.052, -0.58, 4.45e-35, 2e7].map(|x| Digits::Three.text(x));
        assert_eq!(texts, ["0", "1234", "220", "9.66", "0.0520", "-0.580", "4.45e-35", "2.00e7"]);
        assert_eq!(
            [0.9995, 1.0, 0.68123].map(|x| Digits::Share.text(x)),
            ["1.000", "1.000", "0.681"]
        );
    }
}
