//! Aligned columns. On a terminal too narrow for them, the widest column wraps; elsewhere a row is a
//! line, so that `grep` and `cut` work.

use std::borrow::Cow;

use textwrap::core::display_width;

/// Between two columns.
const GAP: usize = 2;
/// No column is squeezed below this.
const NARROWEST: usize = 8;

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no rows yet.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self {
            headings: headings.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells may hold any text.
    pub(crate) fn row(&mut self, cells: &[String]) {
        let cells = cells
            .iter()
            .map(|cell| crate::cli::out::shown(cell).replace('\n', " "));
        self.rows.push(cells.collect());
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, headings first, none wider than `width` where columns can be squeezed to it.
    pub(crate) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let widths = self.widths(width);
        let headings = self.headings.iter().map(|h| (*h).to_owned()).collect();
        std::iter::once(&headings)
            .chain(&self.rows)
            .flat_map(|row| row_lines(row, &widths))
            .collect()
    }

    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.headings.iter().map(|h| display_width(h)).collect();
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(display_width(cell));
            }
        }
        if let Some(width) = width {
            squeeze(&mut widths, width);
        }
        widths
    }
}

/// Takes from the widest column until the row fits or no column can give any more.
fn squeeze(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    loop {
        let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        let Some(widest) = widths.iter_mut().max() else {
            return;
        };
        if over == 0 || *widest <= NARROWEST {
            return;
        }
        // One at a time keeps two wide columns equally wide; a row is at most a few hundred wide.
        *widest -= 1;
    }
}

fn row_lines(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrapped(cell, *width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|at| {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let text = cell.get(at).map_or("", String::as_str);
                line.push_str(text);
                let padding = (width + GAP).saturating_sub(display_width(text));
                line.extend(std::iter::repeat_n(' ', padding));
            }
            line.trim_end().to_owned()
        })
        .collect()
}

fn wrapped(cell: &str, width: usize) -> Vec<String> {
    textwrap::wrap(cell, width.max(1))
        .into_iter()
        .map(Cow::into_owned)
        .collect()
}

/// Names and values, aligned; values wrap under themselves.
pub(crate) fn facts(facts: &[(&str, String)], width: usize) -> String {
    let names = facts
        .iter()
        .map(|(name, _)| display_width(name))
        .max()
        .unwrap_or(0);
    let indent = names + GAP;
    let mut text = String::new();
    for (name, value) in facts {
        let room = width.saturating_sub(indent).max(NARROWEST);
        let mut lead = *name;
        for paragraph in value.split('\n') {
            // Ids, hashes and commands stay whole even where they are too long.
            let options = textwrap::Options::new(room).break_words(false);
            for line in textwrap::wrap(paragraph, options) {
                let padding = indent.saturating_sub(display_width(lead));
                text.push_str(lead);
                text.extend(std::iter::repeat_n(' ', padding));
                text.push_str(line.trim_end());
                while text.ends_with(' ') {
                    text.pop();
                }
                text.push('\n');
                lead = "";
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people() -> Table {
        let mut table = Table::new(&["HANDLE", "NAME", "ROLE"]);
        table.row(&[
            "moira".into(),
            "Moira Fairweather".into(),
            "coordinator".into(),
        ]);
        table.row(&[
            "siqi".into(),
            "王思琪 (Wang Siqi)".into(),
            "volunteer".into(),
        ]);
        table
    }

    #[test]
    fn columns_align_also_for_wide_letters() {
        assert_eq!(
            people().lines(None),
            [
                "HANDLE  NAME                ROLE",
                "moira   Moira Fairweather   coordinator",
                "siqi    王思琪 (Wang Siqi)  volunteer",
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_wraps_the_widest_column() {
        assert_eq!(
            people().lines(Some(32)),
            [
                "HANDLE  NAME         ROLE",
                "moira   Moira        coordinator",
                "        Fairweather",
                "siqi    王思琪       volunteer",
                "        (Wang Siqi)",
            ]
        );
    }

    #[test]
    fn values_wrap_under_themselves() {
        let page = facts(
            &[("Id", "r_x".into()), ("Title", "one two three four".into())],
            18,
        );
        assert_eq!(page, "Id     r_x\nTitle  one two\n       three four\n");
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_table(cells in prop::collection::vec("\\PC*", 1..6), width in 1usize..200) {
            let mut table = Table::new(&["A", "B"]);
            for cell in &cells {
                table.row(&[cell.clone(), "x".into()]);
            }
            let lines = table.lines(Some(width));
            prop_assert!(lines.len() > cells.len());
            for line in lines {
                prop_assert!(display_width(&line) <= width.max(2 * NARROWEST + GAP + 2));
            }
        }
    }
}
