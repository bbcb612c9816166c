package import Logging
import ServiceLifecycle
import Synchronization

/// Examines the database now and then, and whenever somebody asks for it.
///
/// Every process that answers HTTP has one of its own: what it shows does not depend on another process, and nothing has to be
/// elected. An examination reads in slices and takes seconds in ten minutes. One runs at a time in a process: who asks meanwhile
/// waits for the one that runs.
package final class DoctorService: Service {
    /// What the last examination found.
    package let record = DoctorRecord()
    private let doctor: Doctor
    private let interval: Duration?
    private let clock: EngineClock
    private let logger: Logger
    private let running = Mutex<Task<DoctorRecord.Entry, any Error>?>(nil)

    /// - Parameter interval: time from the end of an examination to the next, give or take a fifth; nil examines only when asked.
    package init(doctor: Doctor, interval: Duration?, clock: EngineClock = .system, logger: Logger) {
        self.doctor = doctor
        self.interval = interval
        self.clock = clock
        self.logger = logger
    }

    /// Until graceful shutdown. The first examination comes within a minute of the start. One that fails is said, and made again
    /// with the next.
    package func run() async throws {
        guard let interval else {
            // Asked to stop or cancelled: both mean the end.
            do { try await gracefulShutdown() } catch is CancellationError {}
            return await stop()
        }
        var pause = min(interval, .seconds(60)) * Double.random(in: 0.5...1)
        while await MaintenancePause.sleep(pause) {
            do { _ = try await examine() } catch {
                if !MaintenancePause.isStopping {
                    logger.warning("the database could not be examined; tried again", metadata: ["error": "\(error)"])
                }
            }
            pause = interval * Double.random(in: 0.8...1.2)
        }
        await stop()
    }

    /// Examines now, or waits for the examination that runs.
    /// - Throws: ``StorageError``; `CancellationError` when the process ends meanwhile.
    package func examine() async throws -> DoctorRecord.Entry {
        let task = running.withLock { running in
            if let running { return running }
            let task = Task { try await self.examineOnce() }
            running = task
            return task
        }
        return try await task.value
    }

    private func examineOnce() async throws -> DoctorRecord.Entry {
        defer { running.withLock { $0 = nil } }
        let started = clock.monotonic()
        let report = try await doctor.examine()
        let entry = DoctorRecord.Entry(report: report, at: clock.now(), duration: started.duration(to: clock.monotonic()))
        record.store(entry)
        tell(entry)
        return entry
    }

    private func tell(_ entry: DoctorRecord.Entry) {
        let level: Logger.Level = entry.report.isClean ? .debug : .error
        logger.log(
            level: level, "the database was examined",
            metadata: ["tasks": "\(entry.report.tasks)", "findings": "\(entry.report.findings.count)", "duration": "\(entry.duration)"])
        for finding in entry.report.findings.prefix(5) {
            logger.error("\(finding.detail)", metadata: ["code": "\(finding.code.rawValue)"])
        }
    }

    /// An examination must not outlive the database.
    private func stop() async {
        guard let task = running.withLock({ $0 }) else { return }
        task.cancel()
        _ = await task.result
    }
}
