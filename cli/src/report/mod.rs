//! A page of results: what each file is follows from its content, and each kind of result has a file of its own in `result/`.

mod chart;
mod html;
mod page;
mod recognize;
mod result;

use page::Section;

/// A page, result by result.
#[derive(Default)]
pub(crate) struct Report {
    sections: Vec<Section>,
}

impl Report {
    /// Adds the results in a text.
    ///
    /// # Errors
    /// Where the text is no result, or one that is damaged: place and cause.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), recognize::NotAResult> {
        let (kind, body) = recognize::read(text)?;
        self.sections.push(Section { kind, name: name.to_owned(), body });
        Ok(())
    }

    /// The whole page.
    pub(crate) fn page(&self, title: &str) -> String {
        page::page(title, &self.sections)
    }
}
