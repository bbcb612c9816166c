import Executors
import NetworkAddresses
import TestSupport
import Testing

@Suite("The egress guard", .timeLimit(.minutes(5)))
struct EgressGuardTests {
    @Test("a host whose addresses are all global may be reached")
    func global() async throws {
        let resolver = ScriptedResolver([["93.184.216.34", "2606:4700::1111"]])
        let addresses = try await EgressGuard(allowed: .none, resolver: resolver).addresses(of: HostName("example.com"))
        #expect(addresses.map(\.description) == ["93.184.216.34", "2606:4700::1111"])
        #expect(resolver.asked.values == ["example.com"])
    }

    @Test(
        "one forbidden address among several forbids the host, and is not named",
        arguments: [
            ["10.1.2.3"], ["93.184.216.34", "10.1.2.3"], ["10.1.2.3", "93.184.216.34"], ["93.184.216.34", "::ffff:10.1.2.3"],
            ["fd00::1"], ["fe80::1"], ["127.0.0.1"], ["::1"], ["0.0.0.0"], ["169.254.169.254"], ["64:ff9b::10.1.2.3"],
        ])
    func forbidden(addresses: [String]) async throws {
        let egress = EgressGuard(allowed: .none, resolver: ScriptedResolver([addresses]))
        let denied = await #expect(throws: EgressDenied.self) { try await egress.addresses(of: HostName("Hooks.example.com.")) }
        #expect(denied?.message.contains("'hooks.example.com'") == true)
        for address in addresses { #expect(denied?.message.contains(address) == false) }
    }

    @Test("an address in the URL is checked like one that was looked up, and nobody is asked")
    func literal() async throws {
        let resolver = ScriptedResolver([])
        let egress = EgressGuard(allowed: .none, resolver: resolver)
        #expect(try await egress.addresses(of: HostName("93.184.216.34")).count == 1)
        for text in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "255.255.255.255"] {
            await #expect(throws: EgressDenied.self) { try await egress.addresses(of: HostName(text)) }
        }
        #expect(resolver.asked.values.isEmpty)
    }

    @Test("the operator allows names, domains, addresses and blocks, and nothing beside them")
    func allowed() async throws {
        let allowed = try EgressAllowList(["Hooks.internal", "*.apps.internal", "10.20.0.0/16", "fd00::1"])
        func isAllowed(_ host: String, _ address: String) async throws -> Bool {
            let egress = EgressGuard(allowed: allowed, resolver: ScriptedResolver([[address]]))
            do {
                return try await !egress.addresses(of: HostName(host)).isEmpty
            } catch is EgressDenied {
                return false
            }
        }
        #expect(try await isAllowed("hooks.internal", "127.0.0.1"))
        #expect(try await isAllowed("HOOKS.INTERNAL.", "127.0.0.1"))
        #expect(try await isAllowed("a.apps.internal", "10.0.0.1"))
        #expect(try await isAllowed("a.b.apps.internal", "10.0.0.1"))
        #expect(try await isAllowed("any.example", "10.20.3.4"))
        #expect(try await isAllowed("10.20.3.4", ""))
        #expect(try await isAllowed("any.example", "fd00::1"))
        #expect(try await !isAllowed("xhooks.internal", "127.0.0.1"))
        #expect(try await !isAllowed("a.hooks.internal", "127.0.0.1"))
        #expect(try await !isAllowed("apps.internal", "10.0.0.1"))
        #expect(try await !isAllowed("evilapps.internal", "10.0.0.1"))
        #expect(try await !isAllowed("any.example", "10.21.0.0"))
        #expect(try await !isAllowed("any.example", "fd00::2"))
    }

    @Test(
        "an entry that means nothing is named", arguments: ["10.0.0.0/33", "*", "*.", "a b", "http://x", "x:80", "*.1.2.3.4", "10.1.0.0/8"])
    func invalid(entry: String) {
        let error = #expect(throws: EgressAllowList.Invalid.self) { try EgressAllowList(["fine.example", entry]) }
        #expect(error?.entry == entry)
    }

    @Test("a name without addresses is a lookup that failed")
    func noAddress() async throws {
        let egress = EgressGuard(allowed: .none, resolver: ScriptedResolver([[]]))
        await #expect(throws: LookupFailure.self) { try await egress.addresses(of: HostName("example.com")) }
    }

    @Test("the system's resolver knows this machine, and says why it does not know others")
    func system() async throws {
        let addresses = try await SystemResolver().addresses(of: "localhost")
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { AddressClass($0) == .loopback })
        // RFC 6761: nobody ever has this name.
        await #expect(throws: LookupFailure.self) { try await SystemResolver().addresses(of: "nobody.invalid") }
    }

    @Test("a lookup whose caller was cancelled is not waited for")
    func cancelled() async throws {
        let lookup = Task { try await SystemResolver().addresses(of: "localhost") }
        lookup.cancel()
        // Either the answer was there first or the cancellation.
        switch await lookup.result {
        case .success(let addresses): #expect(!addresses.isEmpty)
        case .failure(let error): #expect(error is CancellationError)
        }
    }
}
