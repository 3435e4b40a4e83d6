//! A naive reader of JSON (RFC 8259) that keeps what others drop: members that stand twice, numbers
//! as they are written, texts with a lone surrogate.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// As it is written.
    Number(String),
    /// `None` for a text that no Unicode string is: a lone surrogate.
    Text(Option<String>),
    /// A list.
    List(Vec<Json>),
    /// The members in their order.
    Object(Vec<(Option<String>, Json)>),
}

impl Json {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    /// The number, if it is a whole one of 64 bits, written as such.
    pub fn integer(&self) -> Option<i64> {
        match self {
            // Minus nought is no whole number, as it has a sign.
            Self::Number(text) if text != "-0" => text.parse().ok(),
            _ => None,
        }
    }
}

/// Reads a whole text of JSON.
pub fn read(text: &str) -> Option<Json> {
    let mut reader = Reader(text.as_bytes());
    let value = reader.value()?;
    reader.space();
    reader.0.is_empty().then_some(value)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn take(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected.as_bytes())?;
        Some(())
    }

    /// A mark, with the space before it.
    fn mark(&mut self, expected: &str) -> Option<()> {
        self.space();
        self.take(expected)
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.0.first()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.text().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number(),
            _ => ["null", "true", "false"]
                .into_iter()
                .find(|word| self.take(word).is_some())
                .map(Json::Word),
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.take("{")?;
        let mut members = Vec::new();
        if self.mark("}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.mark(":")?;
            members.push((name, self.value()?));
            if self.mark("}").is_some() {
                return Some(Json::Object(members));
            }
            self.mark(",")?;
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.take("[")?;
        let mut values = Vec::new();
        if self.mark("]").is_some() {
            return Some(Json::List(values));
        }
        loop {
            values.push(self.value()?);
            if self.mark("]").is_some() {
                return Some(Json::List(values));
            }
            self.mark(",")?;
        }
    }

    fn number(&mut self) -> Option<Json> {
        let all = self.0;
        let _minus = self.take("-");
        // A nought in front is the whole of it.
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").or_else(|| self.take("E")).is_some() {
            let _sign = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        let written = &all[..all.len() - self.0.len()];
        Some(Json::Number(str::from_utf8(written).ok()?.to_owned()))
    }

    fn digits(&mut self) -> Option<()> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = &self.0[count..];
        (count > 0).then_some(())
    }

    /// `None` where the grammar is broken; `Some(None)` where only Unicode is.
    fn text(&mut self) -> Option<Option<String>> {
        self.take("\"")?;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let rest = str::from_utf8(self.0).ok()?;
            let first = rest.chars().next()?;
            self.0 = &self.0[first.len_utf8()..];
            match first {
                '"' => return Some(String::from_utf16(&units).ok()),
                '\\' => units.push(self.escape()?),
                '\0'..='\x1f' => return None,
                other => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        let byte = match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (digits, rest) = self.0.split_at_checked(4)?;
                self.0 = rest;
                let hex = digits.iter().all(u8::is_ascii_hexdigit);
                let digits = str::from_utf8(digits).ok().filter(|_| hex)?;
                return u16::from_str_radix(digits, 16).ok();
            }
            _ => return None,
        };
        Some(u16::from(byte))
    }
}
