import Foundation
import Logging
import ServiceLifecycle
import WebCore

/// Reads the certificate and its key again once a minute, so that renewed ones serve without a restart.
struct TLSWatch: Service {
    static let interval = Duration.seconds(60)
    /// An operator has this long to renew once the log says it.
    static let warning = TimeInterval(14 * 86_400)

    let certificates: TLSCertificates
    let logger: Logger

    func run() async throws {
        var known: String?
        repeat {
            let trouble = look()
            // Once, and again when it is another one: this is looked at every minute.
            if let trouble, trouble != known { logger.warning("\(trouble)", metadata: ["expires": "\(certificates.expires)"]) }
            known = trouble
        } while await pause()
    }

    /// What an operator has to do something about; nil when there is nothing.
    private func look() -> String? {
        do {
            if try certificates.reload() {
                logger.notice("the renewed TLS certificate serves from now on", metadata: ["expires": "\(certificates.expires)"])
            }
        } catch {
            return "the former TLS certificate stays in use: \(error)"
        }
        let left = certificates.expires.timeIntervalSinceNow
        if left < 0 { return "the TLS certificate has expired" }
        return left < Self.warning ? "the TLS certificate expires soon" : nil
    }

    private func pause() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            return true
        } catch {
            return false
        }
    }
}
