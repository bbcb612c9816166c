import Foundation

/// A `millrace serve` of the benchmark's own: a process apart, so that its memory is its own and it shares no thread with the
/// one who measures.
final class ServeProcess {
    /// Where it answers on loopback.
    let port: Int
    private let process = Process()

    /// Starts it and returns when it answers.
    /// - Parameters:
    ///   - directory: for its uploads.
    ///   - further: settings that differ from the environment's. Default: none.
    init(_ settings: Settings, directory: String, further: [String: String] = [:]) throws {
        let output = Pipe()
        // The command that runs at the moment, whatever it is called.
        process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        process.arguments = ["serve", "--bind", "127.0.0.1:0", "--log-level", "error"]
        var environment = ProcessInfo.processInfo.environment
        environment[SettingName.databaseURL.rawValue] = settings.database.url
        environment[SettingName.root.rawValue] = settings.root
        environment[SettingName.dataDirectory.rawValue] = directory
        process.environment = environment.merging(further) { $1 }
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n"), case let byte = output.fileHandleForReading.readData(ofLength: 1), !byte.isEmpty {
            line += String(decoding: byte, as: UTF8.self)
        }
        guard let port = line.split(separator: ":").last.flatMap({ Int($0.dropLast()) }) else {
            process.terminate()
            throw LoadError("serve did not start")
        }
        self.port = port
    }

    /// Ends it in order.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Resident memory at the moment and at its highest, in KiB; nil where the system does not say (it does on Linux).
    func memory() -> (now: Int, peak: Int)? {
        guard let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8) else { return nil }
        func field(_ name: String) -> Int? {
            text.split(separator: "\n").first { $0.hasPrefix(name + ":") }.flatMap { line in
                Int(line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first ?? "")
            }
        }
        guard let now = field("VmRSS"), let peak = field("VmHWM") else { return nil }
        return (now, peak)
    }
}

extension DatabaseLocation {
    /// As `DATABASE_URL` has it.
    var url: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let url): url
        }
    }
}
