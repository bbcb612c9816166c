import Foundation

/// A self-signed certificate for one name and its key, as PEM files made by openssl.
package struct CertificateFiles {
    /// Path of the certificate, which is its own authority.
    package let certificate: String
    /// Path of its key.
    package let key: String

    private static let program = "/usr/bin/openssl"
    /// Debian and Ubuntu have it wherever certificates are used.
    package static let canBeMade = FileManager.default.isExecutableFile(atPath: program)

    /// - Parameters:
    ///   - name: the only DNS name it is for.
    ///   - file: what the files' names begin with; those of a former certificate are replaced.
    /// - Throws: when openssl cannot be started.
    package init(for name: String, in directory: TemporaryDirectory, file: String = "") throws {
        certificate = directory.path(file + "certificate.pem")
        key = directory.path(file + "key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }
}
