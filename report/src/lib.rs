//! Results as a page and as tables, for the command line and the window.
//!
//! * [`Report`] makes one page of HTML of results, with tables and pictures, that needs no other file. What each result is
//!   follows from its content, and each kind has a file of its own in `result/`.
//! * [`tables`] writes parts of a prediction as CSV, which such a page also shows.
//!
//! * [`write_whole`] writes a file of which nobody ever sees a part.
//!
//! Invariant: nothing here predicts anything, and nothing else here reads or writes files.

mod chart;
mod html;
mod page;
mod recognize;
mod result;

pub mod tables;
mod whole_file;

use page::Section;
pub use recognize::NotAResult;
pub use whole_file::write_whole;

/// A page, result by result, in the order in which they are added.
#[derive(Debug, Default)]
pub struct Report {
    sections: Vec<Section>,
}

impl Report {
    /// Adds the results in a text: JSON of a prediction, a batch, a plan, a validation, a comparison or an import, or a
    /// table of a batch or of [`tables`] as CSV. The name says on the page where it is from, such as that of its file.
    ///
    /// # Errors
    /// Where the text is no result, or one that is damaged: place and cause. The page is then as it was.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), NotAResult> {
        let (kind, body) = recognize::read(text)?;
        self.sections.push(Section { kind, name: name.to_owned(), body });
        Ok(())
    }

    /// The whole page as HTML: title and name as headings, then a section for each result, after a table of contents where
    /// there are several. All names are escaped.
    pub fn page(&self, title: &str) -> String {
        page::page(title, &self.sections)
    }
}
