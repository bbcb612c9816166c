/// Names a stored file: its owner and the SHA-256 of its bytes. The same bytes of two tenants are two files.
package struct BlobKey: Sendable, Hashable {
    /// Its owner: the same bytes of two tenants are two blobs.
    package let tenant: String
    /// 64 lower-case hexadecimal digits.
    package let sha256: String

    package init(tenant: String, sha256: String) {
        self.tenant = tenant
        self.sha256 = sha256
    }
}
