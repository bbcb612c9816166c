import Crypto
import Foundation

/// The keys under which secrets are sealed, with AES-256-GCM. The first one seals, all of them open: so a new key is put in front
/// of the old one until everything is sealed under it.
///
/// Tenant and name are authenticated with each secret: one that is moved to another row does not open.
package struct SecretKeys: Sendable {
    private let keys: [(id: String, key: SymmetricKey)]

    /// - Parameter text: base64 of 32 bytes each, separated by commas.
    /// - Returns: nil when it is anything else, or has no key.
    package init?(_ text: String) {
        var keys: [(id: String, key: SymmetricKey)] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            guard let bytes = Data(base64Encoded: String(word)), bytes.count == 32 else { return nil }
            keys.append((Self.id(bytes), SymmetricKey(data: bytes)))
        }
        guard !keys.isEmpty else { return nil }
        self.keys = keys
    }

    /// Names the key that seals now; tells nothing of it.
    package var current: String { keys[0].id }

    /// Whether the key that sealed it is here.
    package func knows(_ sealed: SealedSecret) -> Bool { keys.contains { $0.id == sealed.key } }

    /// Seals a value under the first key, with a nonce of its own.
    package func seal(_ value: String, tenant: String, name: String) throws -> SealedSecret {
        let box = try AES.GCM.seal(Data(value.utf8), using: keys[0].key, authenticating: Self.context(tenant, name))
        // A nonce of the usual length is part of the combined form, which is nil for others only.
        guard let combined = box.combined else { throw StorageError(.other, "a secret cannot be sealed") }
        return SealedSecret(key: current, text: combined.base64EncodedString())
    }

    /// The value; nil when it was sealed under a key that is not here, for another tenant or name, or was changed.
    package func open(_ sealed: SealedSecret, tenant: String, name: String) -> String? {
        guard let key = keys.first(where: { $0.id == sealed.key })?.key, let combined = Data(base64Encoded: sealed.text),
            let box = try? AES.GCM.SealedBox(combined: combined),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: Self.context(tenant, name))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func id(_ key: Data) -> String {
        String(ContentDigest.sha256(Array("millrace secrets key".utf8) + key).prefix(16))
    }

    /// The length keeps apart what would be the same when put together.
    private static func context(_ tenant: String, _ name: String) -> Data {
        Data("millrace secret \(tenant.utf8.count) \(tenant)/\(name)".utf8)
    }
}

/// A secret as it is stored.
package struct SealedSecret: Sendable, Equatable {
    /// Names the key; see ``SecretKeys/current``.
    package let key: String
    /// Base64 of nonce, ciphertext and tag.
    package let text: String

    /// A secret as it was read.
    package init(key: String, text: String) {
        self.key = key
        self.text = text
    }
}
