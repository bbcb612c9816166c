import Storage

/// A token that a machine shows, as it is stored: everything but the token itself, which nobody can tell from this.
package struct StoredToken: Sendable, Equatable {
    /// What every token begins with, so that it is known for what it is wherever it turns up.
    package static let prefix = "mrt_"
    /// Characters of every token.
    package static let length = 47
    /// Characters of the longest name.
    package static let longestName = 128
    /// Most task types that a worker's token names.
    package static let mostTypes = 100
    /// The role of a worker's token, beside those of people.
    package static let workerRole = "worker"

    /// Never used again for another.
    package let id: Int64
    /// Whose it is.
    package let tenant: String
    /// What people call it; one of a kind in its tenant.
    package let name: String
    /// What its owner may do: the name of a role, or ``workerRole``.
    package let role: String
    /// The task types that a worker may claim; nil for anybody else.
    package let types: [String]?
    /// Who made it.
    package let createdBy: String
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// Microseconds since 1970; nil for never.
    package let expiresAt: Int64?

    /// A new token, which is shown once: 43 random letters and digits, some 256 bits.
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return prefix + String((prefix.count..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
    }

    /// What is stored of a token. It is random, so that it needs no salt and no slow digest.
    package static func digest(of token: String) -> String { ContentDigest.sha256(Array(token.utf8)) }

    static let columns: SQL = "id, tenant, name, role, types, created_by, created_at, expires_at"

    init(_ row: Row) {
        id = row.int(0)
        tenant = row.text(1)
        name = row.text(2)
        role = row.text(3)
        types = row.textOrNil(4).map { StoredJSON.words($0) }
        createdBy = row.text(5)
        createdAt = row.int(6)
        expiresAt = row.intOrNil(7)
    }
}

/// A token that is to be stored.
package struct NewToken: Sendable {
    /// See ``StoredToken/digest(of:)``.
    package let digest: String
    /// See ``StoredToken``.
    package let name: String
    /// See ``StoredToken``.
    package let role: String
    /// See ``StoredToken``.
    package let types: [String]?
    /// See ``StoredToken``.
    package let createdBy: String
    /// See ``StoredToken``.
    package let expiresAt: Int64?

    /// One that nothing is checked of here.
    package init(digest: String, name: String, role: String, types: [String]? = nil, createdBy: String, expiresAt: Int64? = nil) {
        self.digest = digest
        self.name = name
        self.role = role
        self.types = types
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }
}
