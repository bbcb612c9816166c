import Crypto
import Foundation
import HTTPTypes
package import Hummingbird
import Storage

/// The cookie that a browser has after a login. Its value is random and known to the browser alone: the database has its digest.
package enum SessionCookie {
    static let name = "millrace_session"
    /// Characters of a value: 32 bytes as base64url.
    private static let length = 43

    /// A new value.
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// What the database has of a value.
    package static func digest(of value: String) -> String { ContentDigest.sha256(Array("session ".utf8) + Array(value.utf8)) }

    /// What the forms of the session's pages carry: follows from the value, and tells nothing of it.
    package static func formToken(of value: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("millrace form".utf8), using: SymmetricKey(data: Data(value.utf8)))
        return Base64URL.encode(Array(code))
    }

    /// `Set-Cookie` that gives it to the browser. Scripts do not see it, and no other site can have it sent.
    /// - Parameter isSecure: whether the browser came over TLS; then it is never sent without.
    package static func set(_ value: String, isSecure: Bool, seconds: Int64) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)\(isSecure ? "; Secure" : "")"
    }

    /// `Set-Cookie` that takes it away.
    package static func clear(isSecure: Bool) -> String {
        "\(name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\(isSecure ? "; Secure" : "")"
    }

    /// The value that a request brings.
    /// - Returns: nil when it brings none; nil inside when it brings several, or one that cannot be.
    package static func value(in request: Request) -> String?? {
        guard let field = request.headers[.cookie] else { return nil }
        var values: [Substring] = []
        for pair in field.split(whereSeparator: { $0 == ";" || $0 == "," }) {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix("\(name)=") { values.append(pair.dropFirst(name.count + 1)) }
        }
        guard let first = values.first else { return nil }
        guard values.count == 1, first.utf8.count == length else { return .some(nil) }
        return .some(String(first))
    }
}
