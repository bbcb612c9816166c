import Configuration
import Foundation

/// Where settings come from: flags, then the environment, then `.env`, then defaults.
///
/// Values are taken as text and parsed here: a value that is there but does not parse stops the start instead of giving
/// way to a default.
package struct SettingsSource: Sendable {
    private let reader: ConfigReader
    /// Warnings about names nobody knows, when they do not stop the start.
    package let warnings: [String]

    /// - Parameters:
    ///   - flags: what the command line said, by setting.
    ///   - environment: the process's variables.
    ///   - envFile: path of a `.env` file; a missing one is fine.
    /// - Throws: ``SettingsError`` for an unknown `MILLRACE_` name, unless `MILLRACE_STRICT` is false.
    package init(flags: [SettingName: String] = [:], environment: [String: String], envFile: String? = nil) throws {
        let file = try envFile.map(Self.readEnvFile) ?? [:]
        reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: Dictionary(uniqueKeysWithValues: flags.map { ($0.key.rawValue, $0.value) })),
            EnvironmentVariablesProvider(environmentVariables: environment),
            EnvironmentVariablesProvider(environmentVariables: file),
        ])
        warnings = UnknownNames.messages(in: Array(environment.keys) + Array(file.keys))
        let isStrict = try Self.flag(.strict, reader)
        if isStrict, let first = warnings.first { throw SettingsError(first) }
    }

    /// The value, or the default. An empty variable counts as absent: that is how compose files unset one.
    package func text(_ name: SettingName) -> String {
        Self.text(name, reader)
    }

    /// Whether somebody said something.
    package func isSet(_ name: SettingName) -> Bool {
        !(reader.string(forKey: Self.key(name)) ?? "").isEmpty
    }

    /// True or false, in the usual spellings.
    package func flag(_ name: SettingName) throws -> Bool {
        try Self.flag(name, reader)
    }

    /// A whole number in `range`.
    package func number(_ name: SettingName, in range: ClosedRange<Int>) throws -> Int {
        let text = text(name)
        guard let number = Int(text), range.contains(number) else {
            throw SettingsError(name, text, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number of milliseconds.
    package func milliseconds(_ name: SettingName, in range: ClosedRange<Int>) throws -> Duration {
        .milliseconds(try number(name, in: range))
    }

    /// A time to keep something, from a minute to ten years: `90s`, `15m`, `24h`, `14d`; nil for `never`.
    package func period(_ name: SettingName) throws -> Duration? {
        let text = text(name)
        if text == "never" { return nil }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let factor = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), (0...315_360_000).contains(number),
            (60...315_360_000).contains(number * factor)
        else { throw SettingsError(name, text, expected: "a time from 60s to 3650d such as 90s, 15m, 24h or 14d, or never") }
        return .seconds(number * factor)
    }

    /// A size in bytes: `1024`, `256MiB`, `2GiB`.
    package func bytes(_ name: SettingName, in range: ClosedRange<Int> = 0...Int.max) throws -> Int {
        let text = text(name)
        let units: [(suffix: String, factor: Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("", 1)]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let number = Int(text.dropLast(unit.suffix.count)), number >= 0 else { break }
            let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.factor)
            guard !overflow else { break }
            guard range.contains(bytes) else {
                throw SettingsError(name, text, expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes")
            }
            return bytes
        }
        throw SettingsError(name, text, expected: "a size such as 1048576, 256MiB or 2GiB")
    }

    /// One of a few words.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: SettingName, _: Choice.Type) throws -> Choice {
        let text = text(name)
        guard let choice = Choice(rawValue: text.lowercased()) else {
            throw SettingsError(name, text, expected: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// Comma-separated words, blanks around them dropped; nil when unset.
    package func list(_ name: SettingName) -> [String]? {
        let words = text(name).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        return words.isEmpty ? nil : words
    }

    private static func text(_ name: SettingName, _ reader: ConfigReader) -> String {
        let value = reader.string(forKey: key(name), isSecret: name.isSecret) ?? ""
        return value.isEmpty ? name.defaultText : value
    }

    private static func flag(_ name: SettingName, _ reader: ConfigReader) throws -> Bool {
        let text = text(name, reader)
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw SettingsError(name, text, expected: "true or false")
        }
    }

    /// `MILLRACE_TASK_SOFT_MS` is read as the key `millrace.task.soft.ms`.
    private static func key(_ name: SettingName) -> ConfigKey {
        ConfigKey(name.rawValue.lowercased().split(separator: "_").map(String.init))
    }

    /// `NAME=value` lines; `#` comments and blank lines are passed over, anything else is an error rather than silence.
    private static func readEnvFile(_ path: String) throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var values: [String: String] = [:]
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "="), !line.hasPrefix("export ") else {
                throw SettingsError("\(path), line \(index + 1) is not NAME=value")
            }
            let name = line[..<equals].trimmingCharacters(in: .whitespaces)
            values[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        }
        return values
    }
}
