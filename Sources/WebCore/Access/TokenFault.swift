/// Why a token is refused. The texts reach the client and the log; none holds anything of the token.
package enum TokenFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is not three parts of base64url, or its JSON is not what it must be.
    case malformed
    /// It has more than ``SignedToken/longest`` bytes.
    case tooLong
    /// More than one `Authorization`, or one that is no bearer token.
    case notBearer
    /// It is not signed, or not with the algorithm of the key.
    case algorithm
    /// Its header demands what is not understood: `crit`, `zip`, or another type than JWT.
    case header
    /// No key of this server signed it.
    case unknownKey
    /// The signature is not that of its content.
    case signature
    /// Its time is over.
    case expired
    /// Its time has not come.
    case notYetValid
    /// It was issued by another.
    case issuer
    /// It was issued for others.
    case audience
    /// A claim that must be there is not, or is not what it must be.
    case claim(String)
    /// It is no stored token, or was revoked.
    case unknownToken

    /// For people, without a full stop.
    package var description: String {
        switch self {
        case .malformed: "it is no token"
        case .tooLong: "it is longer than \(SignedToken.longest) bytes"
        case .notBearer: "there must be one Authorization header, Bearer and a token"
        case .algorithm: "it is not signed with the algorithm of the key"
        case .header: "its header has crit, zip or a foreign typ"
        case .unknownKey: "it is signed with a key that is not known"
        case .signature: "its signature is wrong"
        case .expired: "it has expired"
        case .notYetValid: "it is not valid yet"
        case .issuer: "iss is not the issuer"
        case .audience: "aud does not name this server"
        case .claim(let name): "\(name) is missing or is not what it must be"
        case .unknownToken: "it is not known, was revoked or has expired"
        }
    }
}
