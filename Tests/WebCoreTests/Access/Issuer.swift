import Crypto
import CryptoExtras
import Foundation
import JSONText
import WebCore

/// Whoever issues tokens, with a key of each kind, and whoever would like to. Signs with the keys themselves and not with what the
/// server checks with.
struct Issuer {
    /// The text of 2026-01-01 in seconds: what the tests call now.
    static let now: Int64 = 1_767_225_600
    static let secret = "correct horse battery staple, twice over"

    private let rsa: _RSA.Signing.PrivateKey
    private let curve = P256.Signing.PrivateKey()
    private let edwards = Curve25519.Signing.PrivateKey()

    init() throws {
        rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    }

    enum Key {
        case secret, rsa, curve, edwards
    }

    /// The public keys, as an issuer publishes them.
    var published: [UInt8] {
        get throws { Array(#"{"keys": [\#(try keys.joined(separator: ", "))]}"#.utf8) }
    }

    private var keys: [String] {
        get throws {
            let primitives = try rsa.publicKey.getKeyPrimitives()
            let point = Array(curve.publicKey.rawRepresentation)
            let coordinates = (encode(point.prefix(32)), encode(point.suffix(32)))
            return [
                #"{"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": "\#(encode(primitives.modulus))", "#
                    + #""e": "\#(encode(primitives.publicExponent))"}"#,
                #"{"kty": "EC", "kid": "curve", "crv": "P-256", "x": "\#(coordinates.0)", "y": "\#(coordinates.1)"}"#,
                #"{"kty": "OKP", "kid": "edwards", "crv": "Ed25519", "x": "\#(encode(edwards.publicKey.rawRepresentation))"}"#,
                // None of these is for signatures that are taken here.
                #"{"kty": "oct", "kid": "oct", "k": "\#(encode(Array(Self.secret.utf8)))"}"#,
                #"{"kty": "RSA", "kid": "enc", "use": "enc", "n": "\#(encode(primitives.modulus))", "e": "AQAB"}"#,
                #"{"kty": "EC", "kid": "p384", "crv": "P-384", "x": "AA", "y": "AA"}"#,
            ]
        }
    }

    /// The public RSA key as a file: what a confused server would take for a shared secret.
    var rsaFile: String { rsa.publicKey.pemRepresentation }

    /// Bytes as they stand in tokens.
    func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func encode(_ text: String) -> String { encode(text.utf8) }

    static func claims(_ changes: [String: String?] = [:]) -> String {
        var claims: [String: String?] = [
            "sub": #""ann""#, "tenant": #""acme""#, "role": #""operator""#, "exp": "\(now + 3600)", "iss": #""issuer""#,
            "aud": #""millrace""#,
        ]
        claims.merge(changes) { $1 }
        return "{" + claims.compactMap { key, value in value.map { #""\#(key)": \#($0)"# } }.sorted().joined(separator: ", ") + "}"
    }

    /// A token of header and claims, signed.
    func token(_ header: String, _ claims: String = claims(), by key: Key) throws -> String {
        let content = "\(encode(header)).\(encode(claims))"
        return "\(content).\(encode(try sign(content, by: key)))"
    }

    /// A good token.
    func token(by key: Key, _ changes: [String: String?] = [:]) throws -> String {
        try token(Self.header(key), Self.claims(changes), by: key)
    }

    static func header(_ key: Key) -> String {
        switch key {
        case .secret: #"{"alg": "HS256", "typ": "JWT"}"#
        case .rsa: #"{"alg": "RS256", "kid": "rsa", "typ": "JWT"}"#
        case .curve: #"{"alg": "ES256", "kid": "curve", "typ": "JWT"}"#
        case .edwards: #"{"alg": "EdDSA", "kid": "edwards", "typ": "at+jwt"}"#
        }
    }

    func sign(_ content: String, by key: Key) throws -> [UInt8] {
        let data = Data(content.utf8)
        switch key {
        case .secret: return hmac(content, Self.secret)
        case .rsa: return Array(try rsa.signature(for: data, padding: .insecurePKCS1v1_5).rawRepresentation)
        case .curve: return Array(try curve.signature(for: data).rawRepresentation)
        case .edwards: return Array(try edwards.signature(for: data))
        }
    }

    /// A signature of the right curve key in the form of certificates, which tokens do not use.
    func derSignature(_ content: String) throws -> [UInt8] {
        Array(try curve.signature(for: Data(content.utf8)).derRepresentation)
    }

    /// A signature of the right RSA key with another digest or padding.
    func rsaSignature(_ content: String, sha512: Bool) throws -> [UInt8] {
        let data = Data(content.utf8)
        if sha512 { return Array(try rsa.signature(for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation) }
        return Array(try rsa.signature(for: SHA256.hash(data: data), padding: .PSS).rawRepresentation)
    }

    func hmac(_ content: String, _ secret: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: SymmetricKey(data: Data(secret.utf8))))
    }

    func hmac384(_ content: String) -> [UInt8] {
        Array(HMAC<SHA384>.authenticationCode(for: Data(content.utf8), using: SymmetricKey(data: Data(Self.secret.utf8))))
    }
}
