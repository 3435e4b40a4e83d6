//! prost's codec, except that a message that does not decode is the caller's mistake and not ours.

use prost::Message;
use tonic::Status;
use tonic::codec::{DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

use super::status::rejection_status;
use crate::outcome::Rejection;

/// The codec of every service: `INVALID_ARGUMENT` (MESSAGE_MALFORMED) where prost's own answers
/// `INTERNAL`.
#[derive(Debug)]
pub struct Codec<T, U>(ProstCodec<T, U>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(ProstCodec::new())
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = StrictDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        StrictDecoder(std::marker::PhantomData)
    }
}

/// Decodes messages.
#[derive(Debug)]
pub struct StrictDecoder<U>(std::marker::PhantomData<U>);

impl<U: Message + Default> Decoder for StrictDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // prost's own words may echo field values; ours are fixed.
        U::decode(buf).map(Some).map_err(|_| rejection_status(Rejection::MessageMalformed, []))
    }
}
