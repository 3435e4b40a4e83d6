//! prost's codec, except that a message that does not decode is the caller's mistake and not ours.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::Buf;
use tonic::Status;
use tonic::codec::{DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

use holos_reasons::Reason;

use crate::shape::Shape;
use crate::status;

/// The codec of every service: `INVALID_ARGUMENT` (MESSAGE_MALFORMED) where prost's own answers
/// `INTERNAL`, and nothing decoded that holds more than it may.
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
        StrictDecoder { shape: Shape::of::<U>(), decoded: PhantomData }
    }
}

/// Decodes messages that keep their bounds.
#[derive(Debug)]
pub struct StrictDecoder<U> {
    shape: Option<&'static Shape>,
    decoded: PhantomData<U>,
}

impl<U: Message + Default> Decoder for StrictDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        if let Some(shape) = self.shape {
            // The buffer holds the whole message, and in one piece: less would be found cut off.
            shape.check(buf.chunk()).map_err(|reason| status(reason, []))?;
        }
        // prost's own words may echo field values; ours are fixed.
        U::decode(buf).map(Some).map_err(|_| status(Reason::MessageMalformed, []))
    }
}
