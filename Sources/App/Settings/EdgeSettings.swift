package import WebCore

/// Settings of the way to the server: encryption, proxies, other sites, limits per client and tenant.
package struct EdgeSettings: Sendable {
    /// Paths of two PEM files.
    package struct TLSFiles: Sendable, Equatable {
        /// The server's certificate and those between it and a root.
        package var certificate: String
        /// Its private key.
        package var key: String
    }

    /// What to show on TLS; nil serves without.
    package var tls: TLSFiles?
    /// Whom to believe where a request comes from.
    package var proxies: TrustedProxies
    /// Which other sites' scripts may read answers.
    package var origins: CORSOrigins
    /// Connections at once of one client address; nil for as many as there are.
    package var connectionsPerAddress: Int?
    /// Requests of one tenant; nil for no limit.
    package var tenantRequests: RequestRate?

    /// - Throws: ``SettingsError``.
    init(_ source: SettingsSource) throws {
        tls = try Self.tls(source)
        proxies = try Self.proxies(source)
        origins = try Self.origins(source)
        let most = try source.number(.maxConnectionsPerAddress, in: 0...1_000_000)
        connectionsPerAddress = most == 0 ? nil : most
        let perSecond = try source.number(.tenantRequestsPerSecond, in: 0...1_000_000)
        let burst = try source.number(.tenantRequestBurst, in: 1...10_000_000)
        tenantRequests = perSecond == 0 ? nil : RequestRate(perSecond: perSecond, burst: burst)
    }

    private static func tls(_ source: SettingsSource) throws -> TLSFiles? {
        switch (source.isSet(.tlsCertificate), source.isSet(.tlsKey)) {
        case (false, false): return nil
        case (true, true): return TLSFiles(certificate: source.text(.tlsCertificate), key: source.text(.tlsKey))
        case (let hasCertificate, _):
            let (set, missing) = hasCertificate ? (SettingName.tlsCertificate, SettingName.tlsKey) : (.tlsKey, .tlsCertificate)
            throw SettingsError("\(set.rawValue) is set and \(missing.rawValue) is not: TLS takes both")
        }
    }

    private static func proxies(_ source: SettingsSource) throws -> TrustedProxies {
        do {
            return try TrustedProxies(source.list(.trustedProxies) ?? [])
        } catch {
            throw SettingsError(.trustedProxies, error.entry, expected: "an address such as 192.0.2.7 or a block such as 10.0.0.0/8")
        }
    }

    private static func origins(_ source: SettingsSource) throws -> CORSOrigins {
        do {
            return try CORSOrigins(source.list(.corsOrigins) ?? [])
        } catch {
            throw SettingsError(
                .corsOrigins, error.entry, expected: "an origin as browsers write it, such as https://app.example, or *")
        }
    }
}
