//! Forms: what was typed, whether one of our pages sent it, once only, and how a form is shown.

mod fields;
mod guard;
mod once;
mod widget;

pub use fields::{Fields, FieldsError, encoded};
pub use guard::{is_ours, token};
pub use once::{Answer, Once};
pub use widget::{Choice, Choices, Fault, Faults, Form, Input, Part, Seal, Seals, Switch};
