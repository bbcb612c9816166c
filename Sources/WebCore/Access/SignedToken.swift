import JSONText

/// A JSON Web Token as it came, taken apart (RFC 7519, compact JWS of RFC 7515). Nothing of it is believed before its signature was checked.
///
/// Stricter than the RFCs where programs disagree: no padding, no leftover bits, no key twice, no unknown type, no compression.
struct SignedToken {
    /// Bytes of the longest one.
    static let longest = 8192

    /// Name of the algorithm, as the token says. Only ever compared with that of a key.
    let algorithm: String
    /// Name of the key, as the token says.
    let keyID: String?
    /// The object of claims.
    let claims: JSONValue
    /// What was signed.
    let content: ArraySlice<UInt8>
    let signature: [UInt8]

    /// - Throws: ``TokenFault``.
    init(_ text: String) throws(TokenFault) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.longest else { throw .tooLong }
        let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else { throw .malformed }
        let header = try Self.object(bytes[..<dots[0]])
        claims = try Self.object(bytes[(dots[0] + 1)..<dots[1]])
        content = bytes[..<dots[1]]
        guard let signature = Base64URL.decode(String(decoding: bytes[(dots[1] + 1)...], as: UTF8.self)) else { throw .malformed }
        self.signature = signature
        // An extension that must be understood is not; and compressed claims could be any length.
        guard header["crit"] == nil, header["zip"] == nil, Self.isType(header["typ"]), header["cty"] == nil else { throw .header }
        guard let algorithm = header["alg"]?.string else { throw .algorithm }
        self.algorithm = algorithm
        if let id = header["kid"] {
            guard let text = id.string, (1...256).contains(text.utf8.count) else { throw .malformed }
            keyID = text
        } else {
            keyID = nil
        }
        guard !signature.isEmpty else { throw .algorithm }
    }

    private static func object(_ bytes: ArraySlice<UInt8>) throws(TokenFault) -> JSONValue {
        guard let json = Base64URL.decode(String(decoding: bytes, as: UTF8.self)),
            let root = try? JSONDocument(parsing: json, maxDepth: 8).root, root.kind == .object
        else { throw .malformed }
        return root
    }

    private static func isType(_ type: JSONValue?) -> Bool {
        guard let type else { return true }
        return ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(type.string?.lowercased())
    }
}
