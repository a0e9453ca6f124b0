//! Tables: how wide their columns are, and what becomes of those too wide for a page.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::paper::Block;
use crate::paper::Row;
use crate::paper::Size;
use crate::paper::Table;
use crate::paper::preflight::Line;
use crate::paper::preflight::Preflight;

/// The least and the most a column counts for, in characters.
const NARROWEST: usize = 4;
/// What the space between two columns comes to.
const BESIDE: usize = 2;
const WIDEST: usize = 40;
/// The longest head, as it is shown.
const LONGEST_HEAD: usize = 60;
/// What is as short stays on one line if there is room.
const ON_ONE_LINE: usize = 22;

/// A table ready to be set.
#[derive(Serialize)]
pub(crate) struct Measured {
    heads: Vec<Line>,
    rows: Vec<Vec<Vec<Line>>>,
    /// What share of the page each column has.
    widths: Vec<usize>,
}

/// Whether a page is wide enough for as many columns, and high enough for the heads. (Heads higher than a page,
/// repeated on each, would never end.)
pub(crate) fn fits(table: &Table, size: Size) -> bool {
    let most = match size {
        Size::Normal => 6,
        Size::LargePrint => 4,
    };
    let short = |head: &String| {
        let shown = Preflight::default().line(head);
        shown.text.chars().count() <= LONGEST_HEAD
    };
    columns(table) <= most && table.heads.iter().all(short)
}

/// A table too wide for a page, as a block for each row, headed by its first cell.
pub(crate) fn as_blocks(table: &Table) -> Vec<Block> {
    let heads = || {
        table
            .heads
            .iter()
            .map(String::as_str)
            .chain(std::iter::repeat(""))
    };
    let one = |row: &Vec<String>| {
        let mut cells = heads().zip(row);
        let heading = match cells.next() {
            Some((head, cell)) if !head.is_empty() => format!("{head}: {cell}"),
            Some((_, cell)) => cell.clone(),
            None => String::new(),
        };
        Block {
            heading,
            rows: cells.map(|(head, cell)| Row::text(head, cell)).collect(),
        }
    };
    table.rows.iter().map(one).collect()
}

pub(crate) fn measured(table: &Table, size: Size, preflight: &mut Preflight) -> Measured {
    let count = columns(table);
    let mut heads: Vec<Line> = table
        .heads
        .iter()
        .map(|head| preflight.line(head))
        .collect();
    heads.resize(count, Line::default());
    let mut rows: Vec<Vec<Vec<Line>>> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut cells: Vec<Vec<Line>> = row.iter().map(|cell| preflight.paragraphs(cell)).collect();
        cells.resize(count, Vec::new());
        rows.push(cells);
    }
    let needs = (0..count).map(|at| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        Need::of(heads.get(at), cells)
    });
    let across = match size {
        Size::Normal => 84,
        Size::LargePrint => 50,
    };
    let widths = shared(&needs.collect::<Vec<Need>>(), across);
    for (at, width) in widths.iter().enumerate() {
        let room = width.saturating_sub(1).max(4);
        let cells = rows.iter_mut().filter_map(|row| row.get_mut(at)).flatten();
        for line in cells.chain(heads.get_mut(at)) {
            *line = std::mem::take(line).breaking(room);
        }
    }
    Measured {
        heads,
        rows,
        widths,
    }
}

fn columns(table: &Table) -> usize {
    let rows = table.rows.iter().map(Vec::len);
    rows.chain([table.heads.len()]).max().unwrap_or(0)
}

/// What a column needs, in characters.
struct Need {
    /// For its longest word.
    least: usize,
    /// For what is short to stand on one line, and what is long on few.
    wish: usize,
}

impl Need {
    fn of<'a>(head: Option<&Line>, cells: impl Iterator<Item = &'a Vec<Line>>) -> Self {
        let mut least = head.map(word).unwrap_or_default();
        let (mut short, mut all, mut count) = (0, 0, 0);
        for line in cells.flatten() {
            let length = line.text.graphemes(true).count();
            least = least.max(word(line));
            short = short.max(if length <= ON_ONE_LINE { length } else { 0 });
            all += length;
            count += 1;
        }
        let least = least.clamp(NARROWEST, ON_ONE_LINE) + BESIDE;
        let usual = (all / count.max(1)).min(WIDEST);
        Self {
            least,
            wish: least.max(usual).max(short + BESIDE),
        }
    }
}

/// Shares out the page: to each its least, and of the rest in proportion to what it wishes for beyond.
fn shared(needs: &[Need], across: usize) -> Vec<usize> {
    let least: usize = needs.iter().map(|need| need.least).sum();
    let wish: usize = needs.iter().map(|need| need.wish - need.least).sum();
    let rest = across.saturating_sub(least);
    let width = |need: &Need| {
        // Where not even the least has room, all are narrower alike.
        let own = need.least * across.min(least) / least.max(1);
        own + rest * (need.wish - need.least) / wish.max(1)
    };
    needs.iter().map(width).collect()
}

fn word(line: &Line) -> usize {
    let words = line.text.split_whitespace();
    words
        .map(|word| word.graphemes(true).count())
        .max()
        .unwrap_or(0)
}
