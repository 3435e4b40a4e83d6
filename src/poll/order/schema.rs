//! The JSON Schema of order files, for editors and for those who write orders by program.
//!
//! It says what an order looks like. What a profile, the calendar or another field decides is the
//! check's: a file that fits the schema may still be refused, one that does not always is.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Value, json};

use super::super::violation::LABEL_CHARACTERS_MAX;
use super::Order;

/// A text that people read holds more than blanks.
pub(in crate::poll) const NOT_BLANK: &str = r"\S";
/// A name that programs read.
pub(in crate::poll) const NAME: &str = "^[a-z0-9-]+$";
/// A registry code.
pub(in crate::poll) const CODE: &str = "^[0-9]{8}$";
/// A phone number.
pub(in crate::poll) const PHONE: &str = r"^[0-9+() -]{3,32}$";

/// The JSON Schema (draft 2020-12) of an order, in TOML or JSON.
pub fn order_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(one_line));
    let generator = settings.into_generator();
    let mut schema = generator.into_root_schema_for::<Order>();
    schema.insert("title".to_owned(), json!("Order of a poll"));
    schema.to_value()
}

/// Narrows a localized text to what fits a ballot.
pub(super) fn label(schema: &mut Schema) {
    let short = json!({ "maxLength": LABEL_CHARACTERS_MAX });
    schema.insert("properties".to_owned(), json!({ "uk": short, "en": short }));
}

/// Descriptions come from comments that are broken at 100 columns.
fn one_line(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get("description") {
        let text = text.replace('\n', " ");
        schema.insert("description".to_owned(), json!(text));
    }
}
