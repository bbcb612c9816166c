import Foundation

/// A small C library that is loaded into a `millrace` before everything else and stands between it and the system.
///
/// Its source lies in `Tests/Shims`, whose head says what it does. It is compiled when a test needs it.
enum Shim: String {
    case fileTrace = "file-trace"
    case clock

    /// Linux with a C compiler, which every Swift toolchain brings.
    #if os(Linux)
    static let isAvailable = compiler != nil
    #else
    static let isAvailable = false
    #endif
    static let reason = "libraries can be preloaded on Linux only, and need a C compiler"

    /// Compiles it.
    /// - Parameter directory: where the library is put.
    /// - Returns: its path, for `LD_PRELOAD`.
    func compile(into directory: String) async throws -> String {
        guard let compiler = Self.compiler else { throw HarnessError("no C compiler in PATH") }
        let source = MillraceBinary.root.appendingPathComponent("Tests/Shims/\(rawValue).c").path
        let library = directory + "/\(rawValue).so"
        let words = ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"]
        let child = try ChildProcess(compiler, words, environment: ["PATH": Self.path], directory: directory)
        let ending = try await child.end(within: .seconds(60))
        guard ending == .code(0) else { throw HarnessError("\(source) does not compile: \(child.errorText)") }
        return library
    }

    private static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    private static let compiler: String? = {
        let directories = path.split(separator: ":").map(String.init)
        for name in ["cc", "clang", "gcc"] {
            for directory in directories where FileManager.default.isExecutableFile(atPath: directory + "/" + name) {
                return directory + "/" + name
            }
        }
        return nil
    }()
}
