import JSONText
import JWTKit

/// A key that tokens are checked with, and with it the one algorithm that they must be signed with: which that is, a token has no say in.
package struct VerificationKey: Sendable {
    /// As `kid` names it; nil when it has no name.
    let id: String?
    private let algorithm: any JWTAlgorithm

    /// `HS256`, `RS256`, `ES256` or `EdDSA`.
    var name: String { algorithm.name }

    /// The least bytes of a shared secret: as many as the digest has.
    package static let shortestSecret = 32

    /// A shared secret, for HS256.
    package static func shared(_ secret: String) async throws -> VerificationKey {
        let keys = JWTKeyCollection()
        return VerificationKey(
            id: nil, algorithm: try await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256).getKey())
    }

    /// A public key of a set (RFC 7517): RS256, ES256 on P-256, EdDSA on Ed25519. Private members are passed over.
    /// - Returns: nil for a key of another kind or for another use.
    static func published(_ json: JSONValue) async throws -> VerificationKey? {
        guard let id = identifier(json), isForSignatures(json), let key = makeKey(json, JWKIdentifier(string: id ?? "only")) else {
            return nil
        }
        let keys = JWTKeyCollection()
        let algorithm = try await keys.add(jwk: key, isDefault: true).getKey()
        return VerificationKey(id: id, algorithm: algorithm)
    }

    private static func identifier(_ json: JSONValue) -> String?? {
        guard let id = json["kid"] else { return .some(nil) }
        return id.string.map { .some($0) }
    }

    private static func isForSignatures(_ json: JSONValue) -> Bool {
        if let use = json["use"], use.string != "sig" { return false }
        if let operations = json["key_ops"] { return operations.elements.contains { $0.string == "verify" } }
        return true
    }

    private static func makeKey(_ json: JSONValue, _ id: JWKIdentifier) -> JWK? {
        let algorithm = json["alg"]?.string
        switch (json["kty"]?.string, json["crv"]?.string) {
        case ("RSA", _) where algorithm ?? "RS256" == "RS256":
            return .rsa(.rs256, identifier: id, modulus: json["n"]?.string, exponent: json["e"]?.string)
        case ("EC", "P-256") where algorithm ?? "ES256" == "ES256":
            return .ecdsa(.es256, identifier: id, x: json["x"]?.string, y: json["y"]?.string, curve: .p256)
        case ("OKP", "Ed25519") where algorithm ?? "EdDSA" == "EdDSA":
            return .octetKeyPair(.eddsa, identifier: id, x: json["x"]?.string, y: nil, curve: .ed25519)
        default: return nil
        }
    }

    /// Whether this key signed the content. What is no signature of its kind at all is wrong like any other.
    func signed(_ content: ArraySlice<UInt8>, _ signature: [UInt8]) -> Bool {
        (try? algorithm.verify(signature, signs: content)) ?? false
    }

    /// The signature of a content; only a shared secret can sign.
    func sign(_ content: [UInt8]) throws -> [UInt8] {
        try algorithm.sign(content)
    }
}
