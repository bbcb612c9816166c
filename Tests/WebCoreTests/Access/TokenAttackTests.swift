import HTTPTypes
import InMemoryLogging
import Logging
import Testing
import WebCore

/// Tokens that must be refused, each with 401, `WWW-Authenticate` and one line in the log that holds nothing of it.
@Suite("Tokens that are refused", .timeLimit(.minutes(1)))
struct TokenAttackTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let make: @Sendable (Issuer) throws -> String
        var testDescription: String { name }

        init(_ name: String, _ make: @escaping @Sendable (Issuer) throws -> String) {
            self.name = name
            self.make = make
        }

        /// A token whose claims are changed; the signature is right.
        static func claims(_ name: String, _ changes: [String: String?]) -> Attack {
            Attack(name) { try $0.token(by: .secret, changes) }
        }

        /// A token with this header; the signature is right for HS256.
        static func header(_ name: String, _ header: String) -> Attack {
            Attack(name) { try $0.token(header, by: .secret) }
        }
    }

    private static let signatures: [Attack] = [
        Attack("no algorithm and no signature") { "\($0.encode(#"{"alg": "none"}"#)).\($0.encode(Issuer.claims()))." },
        Attack("no algorithm, in capitals, with a signature") { try $0.token(#"{"alg": "NONE"}"#, by: .secret) },
        Attack("no algorithm for a published key") { try $0.token(#"{"alg": "none", "kid": "rsa"}"#, by: .rsa) },
        Attack("the signature is cut off") { issuer in
            String(try issuer.token(by: .secret).split(separator: ".")[...1].joined(separator: ".")) + "."
        },
        Attack("the signature is one byte short") { String(try $0.token(by: .edwards).dropLast(2)) },
        Attack("the signature of another token") { issuer in
            let other = try issuer.token(by: .secret, ["role": #""viewer""#]).split(separator: ".")[2]
            return try issuer.token(by: .secret).split(separator: ".")[...1].joined(separator: ".") + "." + other
        },
        Attack("the claims were changed after signing") { issuer in
            let parts = try issuer.token(by: .secret).split(separator: ".")
            return "\(parts[0]).\(issuer.encode(Issuer.claims(["role": #""platform""#]))).\(parts[2])"
        },
        Attack("the header was changed after signing") { issuer in
            let parts = try issuer.token(by: .secret).split(separator: ".")
            return "\(issuer.encode(#"{"alg": "HS256"}"#)).\(parts[1]).\(parts[2])"
        },
        Attack("the public RSA key taken for a secret") { issuer in
            let content = "\(issuer.encode(#"{"alg": "HS256", "kid": "rsa"}"#)).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(issuer.hmac(content, issuer.rsaFile)))"
        },
        Attack("a published key's name on a token of the secret") { try $0.token(#"{"alg": "HS256", "kid": "curve"}"#, by: .secret) },
        Attack("a symmetric key of the published set") { try $0.token(#"{"alg": "HS256", "kid": "oct"}"#, by: .secret) },
        Attack("a published key for encryption") { try $0.token(#"{"alg": "RS256", "kid": "enc"}"#, by: .rsa) },
        Attack("the secret with a longer digest") { issuer in
            let content = "\(issuer.encode(#"{"alg": "HS384"}"#)).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(issuer.hmac384(content)))"
        },
        Attack("the RSA key with another digest") { issuer in
            let content = "\(issuer.encode(#"{"alg": "RS512", "kid": "rsa"}"#)).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(try issuer.rsaSignature(content, sha512: true)))"
        },
        Attack("the RSA key with another padding") { issuer in
            let content = "\(issuer.encode(#"{"alg": "PS256", "kid": "rsa"}"#)).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(try issuer.rsaSignature(content, sha512: false)))"
        },
        Attack("an RSA key of somebody else under the right name") { _ in try Issuer().token(by: .rsa) },
        Attack("a curve key of somebody else under the right name") { _ in try Issuer().token(by: .curve) },
        Attack("a signature on a curve that is all zeros") { issuer in
            "\(issuer.encode(Issuer.header(.curve))).\(issuer.encode(Issuer.claims())).\(issuer.encode([UInt8](repeating: 0, count: 64)))"
        },
        Attack("a signature on a curve as certificates have it") { issuer in
            let content = "\(issuer.encode(Issuer.header(.curve))).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(try issuer.derSignature(content)))"
        },
        Attack("an Edwards signature that is all zeros") { issuer in
            "\(issuer.encode(Issuer.header(.edwards))).\(issuer.encode(Issuer.claims())).\(issuer.encode([UInt8](repeating: 0, count: 64)))"
        },
        Attack("a key's name for a token of another key") { try $0.token(#"{"alg": "ES256", "kid": "rsa"}"#, by: .curve) },
        Attack("the empty secret") { issuer in
            let content = "\(issuer.encode(#"{"alg": "HS256"}"#)).\(issuer.encode(Issuer.claims()))"
            return "\(content).\(issuer.encode(issuer.hmac(content, "")))"
        },
    ]

    private static let headers: [Attack] = [
        .header("a header that must be understood", #"{"alg": "HS256", "crit": ["exp"]}"#),
        .header("an unknown header that must be understood", #"{"alg": "HS256", "crit": ["x"], "x": 1}"#),
        .header("claims that are not encoded", #"{"alg": "HS256", "b64": false, "crit": ["b64"]}"#),
        .header("compressed claims", #"{"alg": "HS256", "zip": "DEF"}"#),
        .header("a token in the token", #"{"alg": "HS256", "cty": "JWT"}"#),
        .header("a token of another sort", #"{"alg": "HS256", "typ": "secevent+jwt"}"#),
        .header("a type that is no text", #"{"alg": "HS256", "typ": 1}"#),
        .header("the same key twice in the header", #"{"alg": "none", "alg": "HS256"}"#),
        .header("no algorithm at all", #"{"typ": "JWT"}"#),
        .header("an algorithm that is no text", #"{"alg": ["HS256"]}"#),
        .header("the algorithm in small letters", #"{"alg": "hs256"}"#),
        .header("a header that is a list", #"["HS256"]"#),
        .header("a path for a key's name", #"{"alg": "HS256", "kid": "../../../../dev/null"}"#),
        .header("a statement for a key's name", #"{"alg": "HS256", "kid": "x' UNION SELECT 'a"}"#),
        .header("a key's name that is a number", #"{"alg": "HS256", "kid": 1}"#),
        .header("a key's name that is empty", #"{"alg": "HS256", "kid": ""}"#),
        Attack("a key that the token brings itself") { _ in
            let thief = try Issuer()
            let key = String(decoding: try thief.published, as: UTF8.self)
            return try thief.token(#"{"alg": "RS256", "kid": "own", "jwk": \#(key)}"#, by: .rsa)
        },
        Attack("a place for keys that the token names itself") { _ in
            try Issuer().token(#"{"alg": "RS256", "kid": "own", "jku": "https://127.0.0.1:1/keys"}"#, by: .rsa)
        },
        Attack("a certificate that the token brings itself") { _ in
            try Issuer().token(#"{"alg": "RS256", "x5c": ["AAAA"], "x5u": "https://127.0.0.1:1/"}"#, by: .rsa)
        },
    ]

    private static let claims: [Attack] = [
        .claims("no end", ["exp": nil]), .claims("ended", ["exp": "\(Issuer.now - 61)"]),
        .claims("an end that is text", ["exp": #""9999999999""#]),
        .claims("an end beyond all years", ["exp": "1e300"]), .claims("an end before all years", ["exp": "-1"]),
        .claims("an end that is null", ["exp": "null"]), .claims("not begun", ["nbf": "\(Issuer.now + 61)"]),
        .claims("a begin that is text", ["nbf": #""0""#]), .claims("issued at no time", ["iat": "true"]),
        .claims("another issuer", ["iss": #""Issuer""#]), .claims("no issuer", ["iss": nil]),
        .claims("issuers in a list", ["iss": #"["issuer"]"#]),
        .claims("for others", ["aud": #"["a", "b"]"#]), .claims("for nobody", ["aud": nil]),
        .claims("for part of the name", ["aud": #""mill""#]),
        .claims("no tenant", ["tenant": nil]), .claims("an empty tenant", ["tenant": #""""#]),
        .claims("a path for a tenant", ["tenant": #""../acme""#]),
        .claims("a tenant in capitals", ["tenant": #""Acme""#]), .claims("a tenant that is a number", ["tenant": "1"]),
        .claims("several tenants", ["tenant": #"["acme"]"#]), .claims("no role", ["role": nil]),
        .claims("an unknown role", ["role": #""root""#]),
        .claims("a role in capitals", ["role": #""Platform""#]), .claims("several roles", ["role": #"["platform"]"#]),
        .claims("nobody", ["sub": nil]), .claims("an empty name", ["sub": #""""#]), .claims("a name with a line feed", ["sub": #""a\nb""#]),
        .claims("a name that is a number", ["sub": "7"]),
        Attack("the same claim twice") { try $0.token(Issuer.header(.secret), #"{"role": "viewer", "role": "platform"}"#, by: .secret) },
        Attack("claims that are a list") { try $0.token(Issuer.header(.secret), "[1]", by: .secret) },
        Attack("claims that are no JSON") { try $0.token(Issuer.header(.secret), "role=platform", by: .secret) },
        Attack("a byte order mark in front of the claims") {
            try $0.token(Issuer.header(.secret), "\u{FEFF}" + Issuer.claims(), by: .secret)
        },
    ]

    private static let shapes: [Attack] = [
        Attack("a word") { _ in "x" }, Attack("two parts") { _ in "a.b" }, Attack("four parts") { try $0.token(by: .secret) + ".e30" },
        Attack("five parts, as encrypted tokens have") { _ in "e30.e30.e30.e30.e30" }, Attack("dots alone") { _ in ".." },
        Attack("padding") { issuer in
            let parts = try issuer.token(by: .secret).split(separator: ".")
            return "\(parts[0]).\(parts[1])=.\(parts[2])"
        },
        Attack("a bit set behind the signature's end") { issuer in
            // 32 bytes leave two bits of the last character unused.
            let token = try issuer.token(by: .secret)
            let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let last = letters.firstIndex(of: token.last ?? "A") ?? 0
            return token.dropLast() + String(letters[last | 1])
        },
        Attack("a blank inside") { try $0.token(by: .secret).replacing(".", with: " .") },
        Attack("more bytes than are read") { try $0.token(by: .secret, ["x": #""\#(String(repeating: "x", count: 8192))""#]) },
        Attack("a stored token that nobody made") { _ in "mrt_" + String(repeating: "A", count: 43) },
        Attack("a stored token's beginning") { _ in "mrt_" },
    ]

    @Test("an attack is refused, and its reason told without the token", arguments: signatures + headers + claims + shapes)
    func attack(_ attack: Attack) async throws {
        let log = InMemoryLogHandler()
        try await AccessApp.with { app in
            let token = try attack.make(app.issuer)
            let answer = try await app.send("/v1/viewer", token: token, logger: Logger(label: "test") { _ in log })
            #expect(answer.status == 401)
            let challenge = answer.headers[.wwwAuthenticate] ?? ""
            #expect(challenge.hasPrefix(#"Bearer realm="millrace", error="invalid_token", error_description=""#), "\(challenge)")
            let lines = log.entries.filter { $0.message.description == "token refused" }
            #expect(lines.count == 1)
            for part in token.split(separator: ".") where part.utf8.count > 8 {
                #expect(!answer.text.contains(part) && !challenge.contains(part))
                #expect(!log.entries.contains { "\($0)".contains(part) })
            }
            // It is not taken later either, and an open route does not mind.
            #expect(try await app.send("/v1/viewer", token: token).status == 401)
            #expect(try await app.send("/v1/open", token: token).status == 200)
        }
    }

    @Test(
        "what is no bearer token is refused",
        arguments: ["Basic YTpi", "Bearer", "Bearer ", "bearer\tx", "Bearer a b", "Bearer a, Bearer b", "Token x"])
    func schemes(_ field: String) async throws {
        try await AccessApp.with { app in
            let answer = try await app.send("/v1/viewer", headers: [.authorization: field])
            #expect(answer.status == 401)
            #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
        }
    }

    @Test("two Authorization headers are refused, also when each would do")
    func twoHeaders() async throws {
        try await AccessApp.with { app in
            let token = try app.issuer.token(by: .secret)
            var headers = HTTPFields()
            headers.append(.init(name: .authorization, value: "Bearer \(token)"))
            headers.append(.init(name: .authorization, value: "Bearer \(token)"))
            #expect(try await app.send("/v1/viewer", headers: headers).status == 401)
        }
    }

    @Test("there are more attacks than a handful")
    func count() {
        #expect((Self.signatures + Self.headers + Self.claims + Self.shapes).count >= 80)
    }
}
