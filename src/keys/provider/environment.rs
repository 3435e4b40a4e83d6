//! Key-encryption keys that the operator's own tools put into the environment.
//!
//! The variable holds the key, a second one with `_OLD` behind its name the key before, while an
//! operator replaces one by the other. Read once at the start; makes and destroys nothing.

use std::env;

use zeroize::Zeroizing;

use super::{KekError, KekId, KeyEncryption, software};
use crate::keys::Secret;

/// The keys of two variables, newest last.
pub struct EnvironmentProvider {
    keys: Vec<Secret<32>>,
}

impl EnvironmentProvider {
    /// The keys in this process's environment.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_environment(name: &str) -> Result<Self, KekError> {
        let read = |name: &str| env::var(name).ok().map(Zeroizing::new);
        let (key, old) = (read(name), read(&old_name(name)));
        Self::new(name, key.as_ref().map(|key| &***key), old.as_ref().map(|old| &***old))
    }

    /// The keys that stand in the variable of this name and in that of the key before.
    ///
    /// # Errors
    /// [`KekError::Variable`]: the first is not there, or one of them holds no key.
    pub fn new(name: &str, key: Option<&str>, old: Option<&str>) -> Result<Self, KekError> {
        let decode = |name: String, text: &str| {
            software::decode(text.as_bytes()).ok_or(KekError::Variable { name })
        };
        let mut keys = Vec::new();
        if let Some(old) = old {
            keys.push(decode(old_name(name), old)?);
        }
        keys.push(decode(name.to_owned(), key.unwrap_or_default())?);
        Ok(Self { keys })
    }
}

fn old_name(name: &str) -> String {
    format!("{name}_OLD")
}

impl KeyEncryption for EnvironmentProvider {
    fn keys(&self) -> Result<Vec<KekId>, KekError> {
        Ok(self.keys.iter().map(software::id).collect())
    }

    fn wrap(&self, key: &KekId, secret: &Secret<32>) -> Result<Vec<u8>, KekError> {
        Ok(software::wrap(software::find(&self.keys, key)?, secret))
    }

    fn unwrap(&self, key: &KekId, wrapped: &[u8]) -> Result<Secret<32>, KekError> {
        software::unwrap(software::find(&self.keys, key)?, wrapped)
    }

    fn create(&self) -> Result<KekId, KekError> {
        Err(KekError::OperatorMust)
    }

    fn destroy(&self, _key: &KekId) -> Result<(), KekError> {
        Err(KekError::OperatorMust)
    }

    fn is_the_operators(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "HOLOS_WRAPPING_KEY";

    #[test]
    fn the_plain_variable_holds_the_newest_key_and_both_open_what_they_wrapped() {
        let (a, b) = ("0a".repeat(32), "0b".repeat(32));
        let before = EnvironmentProvider::new(NAME, Some(&a), None).unwrap();
        let old = before.keys().unwrap()[0];
        let wrapped = before.wrap(&old, &Secret::new([5; 32])).unwrap();
        let now = EnvironmentProvider::new(NAME, Some(&b), Some(&a)).unwrap();
        let keys = now.keys().unwrap();
        assert_eq!((keys.len(), keys[0]), (2, old));
        assert_eq!(now.unwrap(&old, &wrapped).unwrap().expose(), &[5; 32]);
        assert!(matches!(now.unwrap(&keys[1], &wrapped), Err(KekError::Damaged)));
        let after = EnvironmentProvider::new(NAME, Some(&b), None).unwrap();
        assert!(matches!(after.unwrap(&old, &wrapped), Err(KekError::Unknown { .. })));
    }

    #[test]
    fn a_variable_that_holds_no_key_is_named_and_not_shown() {
        let good = "0a".repeat(32);
        let bad = "0A".repeat(32);
        let named = |key: Option<&str>, old: Option<&str>| {
            let refused = EnvironmentProvider::new(NAME, key, old).err().unwrap();
            let text = refused.to_string();
            assert!(!text.contains(&bad));
            let KekError::Variable { name } = refused else { panic!("{text}") };
            name
        };
        assert_eq!(named(None, None), NAME);
        assert_eq!(named(Some(""), None), NAME);
        assert_eq!(named(Some(&bad), Some(&good)), NAME);
        assert_eq!(named(Some(&good), Some(&bad)), "HOLOS_WRAPPING_KEY_OLD");
    }

    #[test]
    fn only_the_operator_makes_and_destroys() {
        let provider = EnvironmentProvider::new(NAME, Some(&"0a".repeat(32)), None).unwrap();
        let key = provider.keys().unwrap()[0];
        assert!(matches!(provider.create(), Err(KekError::OperatorMust)));
        assert!(matches!(provider.destroy(&key), Err(KekError::OperatorMust)));
        assert_eq!(provider.keys().unwrap(), [key]);
    }
}
