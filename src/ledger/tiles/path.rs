//! Where each tile lies: `tile/<level>/<n>` and `tile/entries/<n>`, with `.p/<width>` at the right edge.

use std::fmt;

use crate::ledger::merkle::TreeSize;
use crate::ledger::tiles::TILE_HEIGHT;
use crate::ledger::tiles::TILE_WIDTH;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// Entries, each after its length.
    Entries,
    /// Roots of complete subtrees of `256^level` entries.
    Hashes(u8),
}

impl Row {
    /// Levels of hash tiles that a 64-bit ledger can have.
    pub const LEVELS: u8 = 64 / TILE_HEIGHT;

    /// How many entries or hashes a tree of this size has in this row.
    pub fn length(self, size: TreeSize) -> u64 {
        match self {
            Self::Entries => size.get(),
            Self::Hashes(level) => {
                let shift = u32::from(level) * u32::from(TILE_HEIGHT);
                size.get().checked_shr(shift).unwrap_or(0)
            }
        }
    }

    /// The tiles of a tree of this size, in order.
    pub fn tiles(self, size: TreeSize) -> impl Iterator<Item = Tile> {
        let length = self.length(size);
        (0..length.div_ceil(TILE_WIDTH)).map(move |n| Tile {
            row: self,
            n,
            width: (length - n * TILE_WIDTH).min(TILE_WIDTH),
        })
    }
}

/// One tile or bundle of some tree. Its text is its path, with `/` between folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub row: Row,
    /// Its place in the row.
    pub n: u64,
    /// How many it holds: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// The tile of this place in the tree of this size; `None` where the tree has none.
    pub fn within(row: Row, n: u64, size: TreeSize) -> Option<Self> {
        let rest = row.length(size).checked_sub(n.checked_mul(TILE_WIDTH)?)?;
        (rest > 0).then(|| Self {
            row,
            n,
            width: rest.min(TILE_WIDTH),
        })
    }

    /// The position in the row of the first it holds.
    pub fn start(self) -> u64 {
        self.n.saturating_mul(TILE_WIDTH)
    }

    /// Whether it can never change any more.
    pub fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The same place, filled.
    #[must_use]
    pub fn full(self) -> Self {
        Self {
            width: TILE_WIDTH,
            ..self
        }
    }

    /// The folder that holds the partial tiles of this place.
    pub fn partials(self) -> String {
        format!("{}.p", self.full())
    }

    /// Reads a path. Any but the one spelling is refused.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (row, rest) = rest.split_once('/')?;
        let row = if row == "entries" {
            Row::Entries
        } else {
            Row::Hashes(row.parse().ok()?)
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut n: u64 = 0;
        for part in number.split('/') {
            let digits: u64 = part.trim_start_matches('x').parse().ok()?;
            n = n.checked_mul(1000)?.checked_add(digits)?;
        }
        let tile = Self { row, n, width };
        (tile.to_string() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Row::Entries => f.write_str("tile/entries/")?,
            Row::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut divisor: u64 = 1;
        while self.n / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(f, "x{:03}/", self.n / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(f, "{:03}", self.n % 1000)?;
        if !self.is_full() {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_specification_s_examples() {
        let tile = |row, n, width| Tile { row, n, width }.to_string();
        assert_eq!(tile(Row::Hashes(0), 0, 256), "tile/0/000");
        assert_eq!(
            tile(Row::Entries, 1_234_067, 256),
            "tile/entries/x001/x234/067"
        );
        assert_eq!(tile(Row::Entries, 1_067, 5), "tile/entries/x001/067.p/5");
        let paths = |row: Row, size| row.tiles(TreeSize::new(size)).collect::<Vec<Tile>>();
        // "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of
        // width 112, one full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile
        // of width 1."
        let zero = paths(Row::Hashes(0), 70_000);
        assert_eq!(zero.len(), 274);
        assert!(zero.iter().rev().skip(1).all(|tile| tile.is_full()));
        assert_eq!(zero[273].to_string(), "tile/0/273.p/112");
        let one: Vec<String> = paths(Row::Hashes(1), 70_000)
            .iter()
            .map(Tile::to_string)
            .collect();
        assert_eq!(one, ["tile/1/000", "tile/1/001.p/17"]);
        let two: Vec<String> = paths(Row::Hashes(2), 70_000)
            .iter()
            .map(Tile::to_string)
            .collect();
        assert_eq!(two, ["tile/2/000.p/1"]);
        assert!(paths(Row::Hashes(3), 70_000).is_empty());
        // "A tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile of width 1."
        assert_eq!(paths(Row::Hashes(0), 256).len(), 1);
        assert_eq!(paths(Row::Hashes(1), 256)[0].to_string(), "tile/1/000.p/1");
        assert!(paths(Row::Hashes(0), 0).is_empty());
        assert!(paths(Row::Hashes(7), u64::MAX).len() == 1);
        assert_eq!(Row::Hashes(8).length(TreeSize::new(u64::MAX)), 0);
    }

    proptest! {
        #[test]
        fn paths_have_one_spelling(level in 0u8..8, n in 0u64..1 << 48, width in 1u64..=256) {
            for row in [Row::Entries, Row::Hashes(level)] {
                let tile = Tile { row, n, width };
                prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
            }
        }

        #[test]
        fn other_texts_are_refused(text in "tile/[0-9a-z]{0,8}/[x0-9./p]{0,12}") {
            if let Some(tile) = Tile::parse(&text) {
                prop_assert_eq!(tile.to_string(), text);
            }
        }
    }
}
