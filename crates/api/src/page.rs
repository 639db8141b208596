//! The documentation as one page: made from the document, readable offline and without script.

/// The page of a document.
pub(crate) fn page(_document: &utoipa::openapi::OpenApi) -> String {
    String::new()
}
