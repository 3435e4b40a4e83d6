//! The edge to disk: the schema, the encodings, the database.
//!
//! Bytes and foreign types stop here: the ledger hands over values and keys and gets values back.
//! No rule of a poll is known here, and nothing is decided here.

mod codec;
mod cuts;
mod error;
mod folder;
mod keys;
mod registers;
mod rocks;
mod row;
mod rows;
mod writes;

pub use codec::{CodecError, Ring};
pub use error::{DatabaseError, OpenError, StoreError};
pub use folder::{DataFolder, FolderError};
pub use keys::{FORMAT_VERSION, Family, Register};
pub use row::Row;
pub use rows::Store;
pub use writes::Writes;
