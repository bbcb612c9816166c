import Foundation
import NIOSSL
import TestSupport

/// A self-signed certificate for one name, made by openssl.
struct TestCertificate {
    /// Path of the certificate, which is its own authority.
    let authority: String
    /// For a server that shows it.
    let server: NIOSSLContext

    private static let program = "/usr/bin/openssl"
    /// Debian and Ubuntu have it wherever certificates are used.
    static let canBeMade = FileManager.default.isExecutableFile(atPath: program)

    /// - Parameter name: the only DNS name it is for.
    init(for name: String, in directory: TemporaryDirectory) throws {
        authority = directory.path("certificate.pem")
        let key = directory.path("key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", authority,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let chain = try NIOSSLCertificate.fromPEMFile(authority).map { NIOSSLCertificateSource.certificate($0) }
        server = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
    }
}
