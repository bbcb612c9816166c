import NIOSSL
import TestSupport

/// A self-signed certificate for one name, and a server that shows it.
struct TestCertificate {
    /// Path of the certificate, which is its own authority.
    let authority: String
    /// For a server that shows it.
    let server: NIOSSLContext

    static let canBeMade = CertificateFiles.canBeMade

    /// - Parameter name: the only DNS name it is for.
    init(for name: String, in directory: TemporaryDirectory) throws {
        let files = try CertificateFiles(for: name, in: directory)
        authority = files.certificate
        let chain = try NIOSSLCertificate.fromPEMFile(authority).map { NIOSSLCertificateSource.certificate($0) }
        server = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: files.key, format: .pem))))
    }
}
