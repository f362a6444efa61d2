//! Results, as a table or as lines of JSON.

use std::io::{self, Write};

/// What a measure found out, about us alone or about us and a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    section: &'static str,
    measure: String,
    unit: &'static str,
    ours: f64,
    peer: Option<(&'static str, f64)>,
}

impl Row {
    /// Times of an operation in nanoseconds.
    #[must_use]
    pub fn nanos(
        section: &'static str,
        measure: impl Into<String>,
        ours: f64,
        peer: Option<(&'static str, f64)>,
    ) -> Self {
        Self { section, measure: measure.into(), unit: "ns", ours, peer }
    }

    /// Times in microseconds.
    #[must_use]
    pub fn micros(
        section: &'static str,
        measure: impl Into<String>,
        ours: f64,
        peer: Option<(&'static str, f64)>,
    ) -> Self {
        Self { section, measure: measure.into(), unit: "us", ours, peer }
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(section: &'static str, measure: impl Into<String>, ours: f64) -> Self {
        Self { section, measure: measure.into(), unit: "bytes", ours, peer: None }
    }

    /// Allocations of an operation.
    #[must_use]
    pub fn allocations(section: &'static str, measure: impl Into<String>, ours: f64) -> Self {
        Self { section, measure: measure.into(), unit: "allocations", ours, peer: None }
    }

    /// A ratio of two of our own results.
    #[must_use]
    pub fn ratio(section: &'static str, measure: impl Into<String>, ours: f64) -> Self {
        Self { section, measure: measure.into(), unit: "ratio", ours, peer: None }
    }

    /// What the measure is called.
    #[must_use]
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// Our result.
    #[must_use]
    pub const fn ours(&self) -> f64 {
        self.ours
    }

    /// The row as a line of JSON.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { section, measure, unit, ours, .. } = self;
        write!(
            out,
            r#"{{"section":"{section}","measure":"{measure}","unit":"{unit}","ours":{ours:.2},"#
        )?;
        match self.peer {
            Some((peer, theirs)) => {
                let ratio = ours / theirs;
                writeln!(out, r#""peer":"{peer}","theirs":{theirs:.2},"ratio":{ratio:.4}}}"#)
            }
            None => writeln!(out, r#""peer":null,"theirs":null,"ratio":null}}"#),
        }
    }

    /// The row as a line of the table that [`write_head`] begins.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_line(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { measure, unit, ours, .. } = self;
        write!(out, "{measure:<20} {ours:>10.1} ")?;
        match self.peer {
            Some((peer, theirs)) => {
                writeln!(out, "{peer:>10} {theirs:>10.1} {:>8.2}  {unit}", ours / theirs)
            }
            None => writeln!(out, "{:>10} {:>10} {:>8}  {unit}", "-", "-", "-"),
        }
    }
}

/// The head of the table.
///
/// # Errors
///
/// What `out` says.
pub fn write_head(out: &mut impl Write) -> io::Result<()> {
    let columns = ["ours", "peer", "theirs", "ratio"];
    let [ours, peer, theirs, ratio] = columns;
    writeln!(out, "{:<20} {ours:>10} {peer:>10} {theirs:>10} {ratio:>8}  unit", "measure")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_of_json() {
        let peer = Row::nanos("codec", "decode/tiny", 9.8, Some(("oscpack", 11.9)));
        let alone = Row::allocations("codec", "alloc/decode", 0.0);
        let lines = [
            (
                peer,
                r#"{"section":"codec","measure":"decode/tiny","unit":"ns","ours":9.80,"peer":"oscpack","theirs":11.90,"ratio":0.8235}"#,
            ),
            (
                alone,
                r#"{"section":"codec","measure":"alloc/decode","unit":"allocations","ours":0.00,"peer":null,"theirs":null,"ratio":null}"#,
            ),
        ];
        for (row, line) in lines {
            let mut out = Vec::new();
            row.write_json(&mut out).expect("a vector takes everything");
            assert_eq!(String::from_utf8(out).expect("text"), format!("{line}\n"));
        }
    }
}
