package import Foundation
package import NIOSSL
import Synchronization

/// The certificate that the server shows and its key, read from two PEM files and read again when they have been renewed.
///
/// TLS 1.2 and 1.3. A connection keeps the certificate with which it began.
package final class TLSCertificates: Sendable {
    private struct Contents: Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    private struct Current {
        var contents: Contents
        var context: NIOSSLContext
        var expires: Date
    }

    private let certificatePath: String
    private let keyPath: String
    private let current: Mutex<Current>

    /// - Parameters:
    ///   - certificate: path of a PEM file: the server's certificate first, then those between it and a root.
    ///   - key: path of the PEM file of its private key, which must not be encrypted.
    /// - Throws: ``Invalid`` when a file cannot be read or is no PEM, or the two do not belong together.
    package init(certificate: String, key: String) throws(Invalid) {
        certificatePath = certificate
        keyPath = key
        current = Mutex(try Self.make(certificate, key, try Self.read(certificate, key)))
    }

    /// What is wrong with the files.
    package struct Invalid: Error, Sendable, CustomStringConvertible {
        /// One line that names the file, and holds nothing of what is in it.
        package let description: String
    }

    /// For a new connection.
    package var context: NIOSSLContext { current.withLock { $0.context } }

    /// When the server's certificate expires.
    package var expires: Date { current.withLock { $0.expires } }

    /// Reads the files again. What they hold serves all connections that begin from now on.
    /// - Returns: whether they have changed.
    /// - Throws: ``Invalid``; the former certificate stays in use then. Files that are replaced one after the other do not
    ///   belong together for a moment: the next call will do.
    package func reload() throws(Invalid) -> Bool {
        let contents = try Self.read(certificatePath, keyPath)
        guard contents != current.withLock({ $0.contents }) else { return false }
        let next = try Self.make(certificatePath, keyPath, contents)
        current.withLock { $0 = next }
        return true
    }

    private static func read(_ certificate: String, _ key: String) throws(Invalid) -> Contents {
        Contents(certificate: try read(certificate), key: try read(key))
    }

    private static func read(_ path: String) throws(Invalid) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Invalid(description: "\(path) cannot be read: \(reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let cause = (error as? CocoaError)?.underlying as? POSIXError
        return cause.map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
    }

    private static func make(_ certificatePath: String, _ keyPath: String, _ contents: Contents) throws(Invalid) -> Current {
        let chain = (try? NIOSSLCertificate.fromPEMBytes(contents.certificate)) ?? []
        guard let leaf = chain.first else { throw Invalid(description: "\(certificatePath) holds no certificate in PEM form") }
        let key = try privateKey(keyPath, contents.key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            let expires = Date(timeIntervalSince1970: TimeInterval(leaf.notValidAfter))
            return Current(contents: contents, context: try NIOSSLContext(configuration: configuration), expires: expires)
        } catch {
            throw Invalid(
                description:
                    "the key in \(keyPath) is not that of the first certificate in \(certificatePath), or of a kind that TLS does not use")
        }
    }

    private static func privateKey(_ path: String, _ bytes: [UInt8]) throws(Invalid) -> NIOSSLPrivateKey {
        // Without this the library would ask at the terminal.
        if String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") {
            throw Invalid(description: "the key in \(path) is encrypted: decrypt it with openssl pkey, and let nobody else read the file")
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw Invalid(description: "\(path) holds no private key in PEM form")
        }
    }
}
