import App
import NetworkAddresses
import Testing
import WebCore

@Suite("Settings of the edge")
struct EdgeSettingsTests {
    private func edge(_ environment: [String: String]) throws -> EdgeSettings {
        try Settings(SettingsSource(environment: environment)).edge
    }

    @Test("without anything said there is no TLS, no proxy and no other site")
    func defaults() throws {
        let edge = try edge([:])
        #expect(edge.tls == nil && edge.proxies.isEmpty && edge.origins.isEmpty)
        #expect(edge.connectionsPerAddress == 2048)
        #expect(edge.tenantRequests == RequestRate(perSecond: 20_000, burst: 40_000))
    }

    @Test("lists are taken apart, and 0 is no limit")
    func said() throws {
        let edge = try edge([
            "MILLRACE_TLS_CERT": "a.pem", "MILLRACE_TLS_KEY": "b.pem", "MILLRACE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1",
            "MILLRACE_CORS_ORIGINS": "https://a.example, http://localhost:3000", "MILLRACE_MAX_CONNECTIONS_PER_ADDRESS": "0",
            "MILLRACE_TENANT_REQUESTS_PER_SECOND": "0",
        ])
        #expect(edge.tls?.certificate == "a.pem" && edge.tls?.key == "b.pem")
        for (address, isProxy) in [("10.255.0.1", true), ("11.0.0.1", false), ("fd00::1", true), ("fd00::2", false)] {
            #expect(edge.proxies.contains(try #require(IPAddress(address))) == isProxy)
        }
        #expect(edge.origins.answer(to: "http://localhost:3000") == "http://localhost:3000")
        #expect(edge.origins.answer(to: "http://localhost") == nil)
        #expect(edge.connectionsPerAddress == nil && edge.tenantRequests == nil)
    }

    @Test(
        "what means nothing is named, with what would",
        arguments: [
            (["MILLRACE_TLS_CERT": "a.pem"], "MILLRACE_TLS_KEY is not"), (["MILLRACE_TLS_KEY": "a.pem"], "MILLRACE_TLS_CERT is not"),
            (["MILLRACE_TRUSTED_PROXIES": "10.0.0.1,proxy"], "MILLRACE_TRUSTED_PROXIES=proxy is not an address"),
            (["MILLRACE_CORS_ORIGINS": "a.example"], "MILLRACE_CORS_ORIGINS=a.example is not an origin"),
            (["MILLRACE_MAX_CONNECTIONS_PER_ADDRESS": "-1"], "MILLRACE_MAX_CONNECTIONS_PER_ADDRESS=-1"),
            (["MILLRACE_TENANT_REQUEST_BURST": "0"], "MILLRACE_TENANT_REQUEST_BURST=0"),
        ] as [([String: String], String)])
    func invalid(environment: [String: String], words: String) {
        let error = #expect(throws: SettingsError.self) { try edge(environment) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
