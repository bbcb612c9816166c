import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

/// Why a request got no answer, or only a part of one.
package struct OutgoingFailure: Error, Sendable {
    /// The kinds of failure. Raw values are stable: they are error codes of tasks.
    package enum Code: String, Sendable {
        /// The name has no address, or no name server answered.
        case hostNotFound = "host_not_found"
        /// Nobody listens there, or the way there is cut. Nothing was sent.
        case connectionFailed = "connection_failed"
        /// No TLS connection could be agreed on: an untrusted certificate, or one of another name. Nothing was sent.
        case tlsFailed = "tls_failed"
        /// The connection ended before the answer did. Whether the request was carried out is unknown.
        case connectionLost = "connection_lost"
        /// The answer was not there in time. Whether the request was carried out is unknown.
        case timeout
    }

    /// What callers switch over.
    package let code: Code
    /// For people; names no address and no header.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What an error of the client means.
    /// - Parameter host: as it is shown.
    init(_ error: any Error, host: String, timeout: Duration) {
        switch error {
        case let failure as OutgoingFailure: self = failure
        case let failure as LookupFailure: self.init(.hostNotFound, "'\(host)' was not found: \(failure.reason)")
        case let error as HTTPClientError: self.init(error, host: host, timeout: timeout)
        case is NIOSSLError, is NIOSSLExtraError: self.init(.tlsFailed, Self.explainTLS(error, host))
        case let error as IOError where Self.isOfConnecting(error.errnoCode):
            self.init(.connectionFailed, "'\(host)' cannot be connected to: \(String(cString: strerror(error.errnoCode)))")
        case let error as IOError:
            self.init(.connectionLost, "the connection to '\(host)' was lost: \(String(cString: strerror(error.errnoCode)))")
        default: self.init(.connectionLost, "the answer of '\(host)' ended too early or is not HTTP")
        }
    }

    private init(_ error: HTTPClientError, host: String, timeout: Duration) {
        switch error {
        case .deadlineExceeded: self = .timeout(timeout)
        case .connectTimeout: self.init(.connectionFailed, "'\(host)' did not accept a connection in time")
        case .tlsHandshakeTimeout: self.init(.tlsFailed, "'\(host)' did not finish the TLS handshake in time")
        case .remoteConnectionClosed: self.init(.connectionLost, "'\(host)' closed the connection before its answer was whole")
        default: self.init(.connectionLost, "the exchange with '\(host)' failed: \(error.shortDescription)")
        }
    }

    static func timeout(_ limit: Duration) -> OutgoingFailure {
        OutgoingFailure(.timeout, "no whole answer within \(limit / .milliseconds(1)) ms".replacingOccurrences(of: ".0 ms", with: " ms"))
    }

    /// Only connecting fails with these; a request that was under way does not.
    private static func isOfConnecting(_ code: CInt) -> Bool {
        [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, EPERM].contains(code)
    }

    private static func explainTLS(_ error: any Error, _ host: String) -> String {
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") || error as? NIOSSLError == .unableToValidateCertificate {
            return "the certificate of '\(host)' is not trusted: it is not signed by a known authority, has expired, or is not yet valid"
        }
        if (error as? NIOSSLExtraError) == .failedToValidateHostname { return "the certificate of '\(host)' is for another name" }
        return "no TLS connection with '\(host)' could be agreed on"
    }
}
