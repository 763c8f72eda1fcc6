/// A password that no other server on the machine has.
pub(crate) fn password() -> String {
    wildside_dev::secret::password::<16>().expect("the system gives random bytes")
}
