//! The edge to disk: the schema, the encodings, RocksDB.
//!
//! Bytes and foreign types stop here: the ledger hands over values and keys and gets values back.
//! No rule of a poll is known here, and nothing is decided here.

mod codec;
mod cuts;
mod folder;
mod keys;
mod registers;
mod rocks;
mod writes;

pub use codec::{CodecError, Ring};
pub use folder::{DataFolder, FolderError};
pub use keys::{FORMAT_VERSION, Family, Register};
pub use rocks::{OpenError, Row, Store, StoreError};
pub use writes::Writes;
