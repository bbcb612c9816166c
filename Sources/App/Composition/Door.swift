import Executors
import Foundation
import Logging
import ServiceLifecycle
import TaskEngine
import WebCore

/// Who is let in, as the settings say: what tells callers apart, and what keeps its keys fresh.
struct Door {
    /// Nil without keys: then the server answers this machine only.
    let authenticator: Authenticator?
    /// Reads the published keys now and then; nil when there are none.
    let refresh: KeyRefresh?

    /// - Throws: ``SettingsError`` when a file of keys cannot be used. An address that does not answer is tried again later.
    static func open(_ settings: AccessSettings, _ parts: ProcessParts, logger: Logger) async throws -> Door {
        guard settings.hasKeys else { return Door(authenticator: nil, refresh: nil) }
        var shared: VerificationKey?
        if let secret = settings.secret { shared = try await VerificationKey.shared(secret) }
        let published = settings.keys.map { source in
            PublishedKeys(logger: logger) { [http = parts.http] in try await read(source, http) }
        }
        if let published { try await load(published, settings, logger) }
        let authenticator = Authenticator(
            shared: shared, published: published, rules: settings.rules, metricsToken: settings.metricsToken, store: parts.access)
        return Door(authenticator: authenticator, refresh: published.map { KeyRefresh(keys: $0) })
    }

    private static func load(_ keys: PublishedKeys, _ settings: AccessSettings, _ logger: Logger) async throws {
        guard case .file(let path) = settings.keys else { return await keys.refresh() }
        do {
            try await keys.load()
        } catch {
            throw SettingsError("\(SettingName.jwks.rawValue)=\(path) cannot be used: \(error)")
        }
    }

    /// The operator vouches for the address.
    private static func read(_ source: AccessSettings.KeySource, _ http: OutgoingHTTP) async throws -> [UInt8] {
        switch source {
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw SettingsError("the file cannot be read")
            }
            return Array(data)
        case .url(let text):
            let url: OutgoingURL
            do { url = try OutgoingURL(text) } catch { throw SettingsError("the url \(error.reason)") }
            var request = OutgoingRequest(method: "GET", url: url, headers: [("Accept", "application/json")], timeout: .seconds(5))
            request.mostBodyBytes = PublishedKeys.longest
            let response = try await http.send(request, through: .trusted)
            guard response.status == 200, !response.isTruncated else {
                throw SettingsError("\(url.shown) answered \(response.status)")
            }
            return response.body
        }
    }
}

/// Reads published keys again every five minutes, so that one that its issuer took back is no longer believed.
struct KeyRefresh: Service {
    static let interval = Duration.seconds(300)

    let keys: PublishedKeys

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.interval) } catch { return }
                await keys.refresh()
            }
        }
    }
}
