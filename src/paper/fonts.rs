//! The fonts documents are set in, which are part of the program, and what they can draw.
//!
//! `src/paper/fonts/README.md` says where they come from.

use std::collections::HashMap;
use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::Font;
use typst::text::FontBook;
use typst::utils::LazyHash;

macro_rules! font {
    ($file:literal) => {
        include_bytes!(concat!("fonts/", $file))
    };
}

/// In the order in which they are asked for a character. A family's bold draws what its regular does.
const FILES: [&[u8]; 28] = [
    font!("NotoSans-Regular.ttf"),
    font!("NotoSans-Bold.ttf"),
    font!("NotoNaskhArabic-Regular.ttf"),
    font!("NotoNaskhArabic-Bold.ttf"),
    font!("NotoSansBengali-Regular.ttf"),
    font!("NotoSansBengali-Bold.ttf"),
    font!("NotoSansDevanagari-Regular.ttf"),
    font!("NotoSansDevanagari-Bold.ttf"),
    font!("NotoSansGujarati-Regular.ttf"),
    font!("NotoSansGujarati-Bold.ttf"),
    font!("NotoSansGurmukhi-Regular.ttf"),
    font!("NotoSansGurmukhi-Bold.ttf"),
    font!("NotoSansHebrew-Regular.ttf"),
    font!("NotoSansHebrew-Bold.ttf"),
    font!("NotoSansTamil-Regular.ttf"),
    font!("NotoSansTamil-Bold.ttf"),
    font!("NotoSansArmenian-Regular.ttf"),
    font!("NotoSansEthiopic-Regular.ttf"),
    font!("NotoSansGeorgian-Regular.ttf"),
    font!("NotoSansKannada-Regular.ttf"),
    font!("NotoSansMalayalam-Regular.ttf"),
    font!("NotoSansSinhala-Regular.ttf"),
    font!("NotoSansTelugu-Regular.ttf"),
    font!("NotoSansThai-Regular.ttf"),
    font!("NotoSansMath-Regular.ttf"),
    font!("NotoSansSymbols-Regular.ttf"),
    font!("NotoSansSymbols2-Regular.ttf"),
    font!("NotoSansCJKsc-Regular.otf"),
];

pub(crate) static FONTS: LazyLock<Fonts> = LazyLock::new(Fonts::read);

pub(crate) struct Fonts {
    each: Vec<Font>,
    book: LazyHash<FontBook>,
    families: Vec<String>,
    /// For each character the fonts that have it, a bit each.
    holders: HashMap<char, u32>,
}

impl Fonts {
    fn read() -> Self {
        let each: Vec<Font> = FILES
            .iter()
            .filter_map(|file| Font::new(Bytes::new(*file), 0))
            .collect();
        let mut families: Vec<String> = Vec::new();
        for font in &each {
            let family = &font.info().family;
            if families.last() != Some(family) {
                families.push(family.clone());
            }
        }
        let mut holders = HashMap::new();
        for (at, font) in each.iter().enumerate() {
            for c in font.info().coverage.iter().filter_map(char::from_u32) {
                *holders.entry(c).or_insert(0) |= 1 << at;
            }
        }
        Self {
            holders,
            book: LazyHash::new(FontBook::from_fonts(&each)),
            families,
            each,
        }
    }

    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(crate) fn font(&self, at: usize) -> Option<Font> {
        self.each.get(at).cloned()
    }

    /// The families' names, in the order in which they are asked.
    pub(crate) fn families(&self) -> &[String] {
        &self.families
    }

    /// Whether one font draws all of `sign`: what is set on one spot cannot come from two.
    pub(crate) fn draw(&self, sign: &str) -> bool {
        let holding = |c| self.holders.get(&c).copied().unwrap_or(0);
        sign.chars()
            .map(holding)
            .fold(u32::MAX, |all, one| all & one)
            != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_font() {
        assert_eq!(FONTS.each.len(), FILES.len());
        assert!(
            FONTS.families.len() > 15,
            "families stand together in the list"
        );
    }

    #[test]
    fn bold_draws_what_regular_draws() {
        for pair in FONTS.each.windows(2) {
            let (regular, bold) = (pair[0].info(), pair[1].info());
            if regular.family == bold.family {
                let lacking = regular
                    .coverage
                    .iter()
                    .find(|c| !bold.coverage.contains(*c));
                assert_eq!(lacking, None, "{}", bold.family);
            }
        }
    }
}
