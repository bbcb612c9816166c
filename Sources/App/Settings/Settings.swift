package import Executors
import Foundation
package import Logging
package import Storage
package import TaskEngine
package import Workloads

/// All settings of a process, parsed and checked.
package struct Settings: Sendable {
    /// Which database to open.
    package var database: DatabaseLocation
    /// SQLite's durability.
    package var synchronous: SQLiteSynchronous
    /// Reruns after serialization failures.
    package var databaseRetries: Int
    /// Directory of blobs.
    package var dataDirectory: String
    /// Directory that holds `migrations/`.
    package var root: String
    /// Bytes.
    package var maxUpload: Int
    /// Bytes of the largest file that a task stores.
    package var maxArtifact: Int
    /// Bytes of free disk below which uploads and artifacts are refused.
    package var minFree: Int
    /// What an uploaded archive may cost to read.
    package var ingestion: IngestionLimits
    /// Where HTTP listens.
    package var bind: BindAddress
    /// Connections to HTTP at once.
    package var maxConnections: Int
    /// Encryption, proxies, other sites, limits per client and tenant.
    package var edge: EdgeSettings
    /// Further ports with the same service.
    package var extraPorts: [Int]
    /// Queues to insert at start if they are missing.
    package var queues: [QueueDefinition]
    /// What secrets are sealed under; nil leaves the feature off.
    package var secretKeys: SecretKeys?
    /// Who is let in.
    package var access: AccessSettings
    /// Where tasks may connect to although the address is not global.
    package var egressAllow: EgressAllowList
    /// Bytes that a child process of a task may have, unless its type says otherwise.
    package var childMemory: Int
    /// Whether there are task types that misbehave on purpose.
    package var demoFaults: Bool
    /// From the end of an examination of the database to the next; nil examines only when asked.
    package var doctorInterval: Duration?
    /// How the engine behaves.
    package var engine: EngineSettings
    /// Lines below this are not written.
    package var logLevel: Logger.Level
    /// Text or JSON.
    package var logFormat: LogFormat
    /// Unknown names that did not stop the start.
    package var warnings: [String]

    /// How log lines are written.
    package enum LogFormat: String, CaseIterable, Sendable { case text, json }

    /// - Throws: ``SettingsError``.
    package init(_ source: SettingsSource) throws {
        database = try DatabaseLocation(source)
        synchronous = try source.choice(.synchronous, SQLiteSynchronous.self)
        databaseRetries = try source.number(.databaseRetries, in: 0...100)
        dataDirectory = source.text(.dataDirectory)
        root = source.isSet(.root) ? source.text(.root) : RootDirectory.find()
        maxUpload = try source.bytes(.maxUpload)
        maxArtifact = try source.bytes(.maxArtifact)
        minFree = try source.bytes(.minFree)
        ingestion = try Self.ingestion(source)
        bind = try BindAddress(source.text(.bind))
        maxConnections = try source.number(.maxConnections, in: 1...1_000_000)
        edge = try EdgeSettings(source)
        extraPorts = try Self.ports(source)
        queues = try QueueList.parse(source.text(.queues))
        if !queues.contains(where: { $0.name == SystemQueue.name }) { queues.append(SystemQueue.definition) }
        secretKeys = try Self.secretKeys(source)
        access = try AccessSettings(source)
        egressAllow = try Self.egressAllow(source)
        childMemory = try source.bytes(.childMemory, in: (64 << 20)...(1 << 50))
        demoFaults = try source.flag(.demoFaults)
        doctorInterval = try source.period(.doctorInterval)
        logLevel = try source.choice(.logLevel, Logger.Level.self)
        logFormat = try source.choice(.logFormat, LogFormat.self)
        warnings = source.warnings
        engine = try Self.engine(source)
        try requirePools(served: source.list(.servePools))
    }

    private static func ingestion(_ source: SettingsSource) throws -> IngestionLimits {
        var limits = IngestionLimits()
        limits.archive.entries = try source.number(.archiveMaxEntries, in: 1...ArchiveLimits.mostEntries)
        limits.archive.memberBytes = try source.bytes(.archiveMaxMember, in: 1...ArchiveLimits.mostMemberBytes)
        limits.archive.unpackedBytes = Int64(try source.bytes(.archiveMaxUnpacked, in: 1...(1 << 50)))
        limits.archive.ratio = Int64(try source.number(.archiveMaxRatio, in: 1...1_000_000))
        limits.stanzas = try source.number(.archiveMaxStanzas, in: 1...1_000_000_000)
        return limits
    }

    private static func engine(_ source: SettingsSource) throws -> EngineSettings {
        let day = 86_400_000
        var engine = EngineSettings()
        engine.pools = try PoolList.parse(source.text(.pools))
        // Every engine serves the platform's own tasks, whatever else it is there for.
        if engine.pools[SystemQueue.name] == nil { engine.pools[SystemQueue.name] = SystemQueue.limit }
        if let served = source.list(.servePools) {
            for pool in served where engine.pools[pool] == nil {
                throw SettingsError(
                    "\(SettingName.servePools.rawValue) names the pool '\(pool)', which \(SettingName.pools.rawValue) does not have")
            }
            engine.pools = engine.pools.filter { served.contains($0.key) || $0.key == SystemQueue.name }
        }
        engine.servedQueues = source.list(.serveQueues).map { Set($0).union([SystemQueue.name]) }
        engine.hostName = ProcessInfo.processInfo.hostName
        engine.workerName = source.isSet(.workerName) ? source.text(.workerName) : engine.hostName
        engine.softLimit = try source.milliseconds(.taskSoftLimit, in: 1...30 * day)
        engine.timeout = try source.milliseconds(.taskTimeout, in: 1...30 * day)
        engine.workflowTimeout = try source.milliseconds(.workflowTimeout, in: 1...365 * day)
        engine.retry = .exponentialJitter(
            maxRetries: try source.number(.maxRetries, in: 0...1000), base: try source.milliseconds(.retryBase, in: 0...day),
            cap: try source.milliseconds(.retryCap, in: 0...30 * day))
        engine.heartbeat = try source.milliseconds(.heartbeat, in: 10...3_600_000)
        engine.workerDead = try source.milliseconds(.workerDead, in: 20...day)
        engine.grace = try source.milliseconds(.grace, in: 0...day)
        engine.retention = Retention(
            results: try source.period(.resultTTL), succeeded: try source.period(.retentionSucceeded),
            cancelled: try source.period(.retentionCancelled), failed: try source.period(.retentionFailed),
            runs: try source.period(.retentionRuns))
        guard engine.workerDead >= engine.heartbeat * 2 else {
            throw SettingsError(
                "\(SettingName.workerDead.rawValue) must be at least twice \(SettingName.heartbeat.rawValue), or living workers are declared dead"
            )
        }
        return engine
    }

    private static func ports(_ source: SettingsSource) throws -> [Int] {
        try (source.list(.extraPorts) ?? []).map { text in
            guard let port = Int(text), (1...65535).contains(port) else {
                throw SettingsError(.extraPorts, source.text(.extraPorts), expected: "a list of ports such as 8000,8765")
            }
            return port
        }
    }

    private static func secretKeys(_ source: SettingsSource) throws -> SecretKeys? {
        guard source.isSet(.secretsKey) else { return nil }
        guard let keys = SecretKeys(source.text(.secretsKey)) else {
            throw SettingsError(
                .secretsKey, "", expected: "base64 of 32 bytes, or several of these with commas between them: openssl rand -base64 32")
        }
        return keys
    }

    private static func egressAllow(_ source: SettingsSource) throws -> EgressAllowList {
        do {
            return try EgressAllowList(source.list(.egressAllow) ?? [])
        } catch {
            throw SettingsError(
                .egressAllow, error.entry, expected: "a host such as hooks.internal or *.internal, or a block such as 10.0.0.0/8")
        }
    }

    /// A queue whose pool no process has would never run; the pools of other processes cannot be known here, so only a
    /// process that serves everything checks. Serving the platform's own tasks alone is a choice that is made by name.
    private func requirePools(served: [String]?) throws {
        if let served, Set(served) == [SystemQueue.name] { return }
        let own = queues.filter { $0.name != SystemQueue.name }
        guard engine.servedQueues == nil, !own.isEmpty else { return }
        guard own.contains(where: { engine.pools[$0.pool] != nil }) else {
            throw SettingsError(
                "no queue of \(SettingName.queues.rawValue) belongs to a pool of \(SettingName.pools.rawValue): nothing would run")
        }
    }
}
