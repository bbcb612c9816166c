import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import WebCore

@Suite("Sessions of pages", .timeLimit(.minutes(2)))
struct SessionTests {
    private static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    private static let csrf = HTTPField.Name("X-CSRF-Token")!

    /// Logs in and returns the cookie as the browser sends it.
    private func logIn(_ site: KeyedSite, _ token: String, headers: HTTPFields = [:]) async throws -> (cookie: String, answer: Answer) {
        let answer = try await site.send(
            .post, "/login", token: nil, "token=\(token)&next=%2Fdashboard", headers: Self.form.merging(headers) { $1 })
        let cookie = answer.headers[.setCookie]?.split(separator: ";").first.map(String.init) ?? ""
        return (cookie, answer)
    }

    @Test("a login gives a cookie that no script and no other site gets, and leads on", arguments: DatabaseKind.available)
    func login(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let page = try await site.send(.get, "/login?next=/dashboard", token: nil)
            #expect(page.status == 200 && page.text.contains(#"name="next" value="/dashboard""#))
            #expect(page.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
            let (cookie, answer) = try await logIn(site, try site.token("acme", .operator))
            #expect(answer.status == 303 && answer.headers[.location] == "/dashboard")
            let flags = answer.headers[.setCookie]?.split(separator: ";").map { $0.trimmingPrefix(" ") } ?? []
            #expect(flags.contains("HttpOnly") && flags.contains("SameSite=Strict") && flags.contains("Path=/"))
            #expect(!flags.contains("Secure") && !flags.contains { $0.hasPrefix("Domain") })
            let me = try await site.send(.get, "/v1/me", token: nil, headers: [.cookie: "a=b; \(cookie)"])
            #expect(try me.json["subject"]?.string == "operator-of-acme" && me.json["credential"]?.string == "session")
            #expect(try await site.send(.get, "/v1/secrets", token: nil, headers: [.cookie: cookie]).status == 200)
            #expect(try await site.send(.get, "/v1/tokens", token: nil, headers: [.cookie: cookie]).status == 403)
            // The database could be read by anybody: the cookie is not in it.
            let digests = try await site.database.read { try $0.rows("SELECT digest FROM sessions") { $0.text(0) } }
            #expect(digests.count == 1 && !digests[0].contains(cookie.split(separator: "=")[1]))
        }
    }

    @Test("over TLS the cookie is never sent without")
    func secure() {
        #expect(SessionCookie.set("x", isSecure: true, seconds: 1).hasSuffix("; Secure"))
        #expect(SessionCookie.clear(isSecure: true).hasSuffix("; Secure"))
    }

    @Test("a token that is no good, or not for people, does not log in")
    func refused() async throws {
        try await KeyedSite.with(.sqlite) { site in
            for (token, status) in [
                ("", 401), ("x", 401), (try site.token("acme", .admin, lifetime: .seconds(-600)), 401), (KeyedSite.metricsToken, 403),
            ] {
                let (cookie, answer) = try await logIn(site, token)
                #expect(answer.status == status && cookie.isEmpty && answer.text.contains("role=\"alert\""))
                if token.count > 1 { #expect(!answer.text.contains(token)) }
            }
        }
    }

    @Test(
        "no login leads to another server",
        arguments: ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a b", "/%0d%0ax"])
    func openRedirect(_ place: String) async throws {
        try await KeyedSite.with(.sqlite) { site in
            let token = try site.token("acme", .viewer)
            let next = place.replacing("/", with: "%2F").replacing("\\", with: "%5C").replacing(" ", with: "%20")
            let answer = try await site.send(.post, "/login", token: nil, "token=\(token)&next=\(next)", headers: Self.form)
            #expect(answer.status == 303 && answer.headers[.location] == "/")
        }
    }

    @Test("what changes something needs the token of the session's pages, and a page of this server")
    func crossSite() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let (cookie, _) = try await logIn(site, try site.token("acme", .operator))
            let token = SessionCookie.formToken(of: String(cookie.split(separator: "=")[1]))
            func submit(_ headers: HTTPFields) async throws -> Answer {
                try await site.send(
                    .post, "/v1/tasks", token: nil, #"{"type": "demo.noop"}"#, headers: headers.merging([.cookie: cookie]) { $1 })
            }
            #expect(try await submit([Self.csrf: token]).status == 202)
            #expect(try await submit([Self.csrf: token, Self.fetchSite: "same-origin"]).status == 202)
            for headers: HTTPFields in [
                [:], [Self.csrf: ""], [Self.csrf: token + "x"], [Self.csrf: SessionCookie.formToken(of: "other")],
                [Self.csrf: token, Self.fetchSite: "cross-site"], [Self.csrf: token, Self.fetchSite: "same-site"],
                [Self.csrf: token, .origin: "https://evil.example"], [Self.csrf: token, .origin: "null"], [Self.fetchSite: "same-origin"],
            ] {
                let answer = try await submit(headers)
                #expect(try answer.status == 403 && answer.problemCode == "cross_site", "\(headers)")
            }
            // Who brings a token of its own is no browser that was led here.
            let own = try await site.send(
                .post, "/v1/tasks", token: try site.token("acme", .operator), #"{"type": "demo.noop"}"#,
                headers: [Self.fetchSite: "cross-site"])
            #expect(own.status == 202)
        }
    }

    @Test("a login that another site sends is refused")
    func loginCrossSite() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let (cookie, answer) = try await logIn(site, try site.token("acme", .viewer), headers: [Self.fetchSite: "cross-site"])
            #expect(answer.status == 403 && cookie.isEmpty)
        }
    }

    @Test("a session ends at the logout, which needs the form's token", arguments: DatabaseKind.available)
    func logout(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let (cookie, _) = try await logIn(site, try site.token("acme", .viewer))
            let headers = Self.form.merging([.cookie: cookie]) { $1 }
            let token = SessionCookie.formToken(of: String(cookie.split(separator: "=")[1]))
            #expect(try await site.send(.post, "/logout", token: nil, "csrf_token=x", headers: headers).status == 403)
            #expect(try await site.send(.get, "/v1/me", token: nil, headers: [.cookie: cookie]).status == 200)
            let answer = try await site.send(.post, "/logout", token: nil, "csrf_token=\(token)", headers: headers)
            #expect(answer.status == 303 && answer.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await site.send(.get, "/v1/me", token: nil, headers: [.cookie: cookie]).status == 401)
            #expect(try await site.database.read { try $0.row("SELECT COUNT(*) FROM sessions") { $0.int(0) } } == 0)
        }
    }

    @Test("a session ends with the stored token that it was begun with", arguments: DatabaseKind.available)
    func revoked(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let admin = try site.token("acme", .admin)
            let made = try await site.send(.post, "/v1/tokens", token: admin, #"{"name": "ann", "role": "viewer"}"#)
            let (token, id) = (try #require(try made.json["token"]?.string), try #require(try made.json["id"]?.int64))
            let (cookie, answer) = try await logIn(site, token)
            #expect(answer.status == 303)
            #expect(try await site.send(.delete, "/v1/tokens/\(id)", token: admin).status == 204)
            // The cookie was not shown before, so that nothing of it is remembered.
            #expect(try await site.send(.get, "/v1/me", token: nil, headers: [.cookie: cookie]).status == 401)
        }
    }

    @Test("cookies that cannot be are refused, and open routes answer all the same")
    func malformed() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let value = SessionCookie.make()
            for cookie in [
                "millrace_session=x", "millrace_session=", "millrace_session=\(value)",
                "millrace_session=\(value); millrace_session=\(value)",
            ] {
                let answer = try await site.send(.get, "/v1/me", token: nil, headers: [.cookie: cookie])
                #expect(answer.status == 401)
                #expect(try await site.send(.get, "/version", token: nil, headers: [.cookie: cookie]).status == 200)
            }
        }
    }
}

extension HTTPFields {
    /// Both, with the fields of `others` last.
    fileprivate func merging(_ others: HTTPFields, _: (String, String) -> String) -> HTTPFields {
        var fields = self
        for field in others { fields[field.name] = field.value }
        return fields
    }
}
