/// Every setting there is, by the name of its environment variable. `.env.example` lists the same names with the same
/// defaults; a test compares the two.
package enum SettingName: String, CaseIterable, Sendable {
    case databaseURL = "DATABASE_URL"
    case postgresHost = "POSTGRES_HOST"
    case postgresPort = "POSTGRES_PORT"
    case postgresDatabase = "POSTGRES_DB"
    case postgresUser = "POSTGRES_USER"
    case postgresPassword = "POSTGRES_PASSWORD"
    case synchronous = "MILLRACE_SYNCHRONOUS"
    case databaseRetries = "MILLRACE_DB_RETRIES"
    case dataDirectory = "MILLRACE_DATA_DIR"
    case root = "MILLRACE_ROOT"
    case maxUpload = "MILLRACE_MAX_UPLOAD"
    case minFree = "MILLRACE_MIN_FREE"
    case archiveMaxEntries = "MILLRACE_ARCHIVE_MAX_ENTRIES"
    case archiveMaxMember = "MILLRACE_ARCHIVE_MAX_MEMBER"
    case archiveMaxUnpacked = "MILLRACE_ARCHIVE_MAX_UNPACKED"
    case archiveMaxRatio = "MILLRACE_ARCHIVE_MAX_RATIO"
    case archiveMaxStanzas = "MILLRACE_ARCHIVE_MAX_STANZAS"
    case bind = "MILLRACE_BIND"
    case maxConnections = "MILLRACE_MAX_CONNECTIONS"
    case extraPorts = "MILLRACE_EXTRA_PORTS"
    case pools = "MILLRACE_POOLS"
    case queues = "MILLRACE_QUEUES"
    case servePools = "MILLRACE_SERVE_POOLS"
    case serveQueues = "MILLRACE_SERVE_QUEUES"
    case workerName = "MILLRACE_WORKER_NAME"
    case taskSoftLimit = "MILLRACE_TASK_SOFT_MS"
    case taskTimeout = "MILLRACE_TASK_TIMEOUT_MS"
    case maxRetries = "MILLRACE_MAX_RETRIES"
    case childMemory = "MILLRACE_CHILD_MEMORY"
    case retryBase = "MILLRACE_RETRY_BASE_MS"
    case retryCap = "MILLRACE_RETRY_CAP_MS"
    case heartbeat = "MILLRACE_HEARTBEAT_MS"
    case workerDead = "MILLRACE_WORKER_DEAD_MS"
    case grace = "MILLRACE_GRACE_MS"
    case demoFaults = "MILLRACE_DEMO_FAULTS"
    case egressAllow = "MILLRACE_EGRESS_ALLOW"
    case resultTTL = "MILLRACE_RESULT_TTL"
    case retentionSucceeded = "MILLRACE_RETENTION_SUCCEEDED"
    case retentionCancelled = "MILLRACE_RETENTION_CANCELLED"
    case retentionFailed = "MILLRACE_RETENTION_FAILED"
    case doctorInterval = "MILLRACE_DOCTOR_INTERVAL"
    case strict = "MILLRACE_STRICT"
    case logLevel = "LOG_LEVEL"
    case logFormat = "LOG_FORMAT"

    /// What holds when nobody says anything, as text; "" where absence means something of its own.
    package var defaultText: String {
        switch self {
        case .databaseURL: "sqlite:data/millrace.db"
        case .postgresHost, .postgresPassword, .root, .extraPorts, .servePools, .serveQueues, .workerName, .egressAllow: ""
        case .postgresPort: "5432"
        case .postgresDatabase, .postgresUser: "millrace"
        case .synchronous: "full"
        case .databaseRetries: "5"
        case .dataDirectory: "data"
        case .maxUpload: "2GiB"
        case .minFree: "256MiB"
        case .archiveMaxEntries: "500000"
        case .archiveMaxMember: "64MiB"
        case .archiveMaxUnpacked: "20GiB"
        case .archiveMaxRatio: "200"
        case .archiveMaxStanzas: "10000000"
        case .bind: "127.0.0.1:8080"
        case .maxConnections: "4096"
        case .pools: "default=10,postgres=5,priority=3,ingest=2"
        case .queues:
            "default:default*2,chat_workflow:default*6,events:default*3,postgres:postgres,priority:priority,ingest:ingest"
        case .taskSoftLimit: "3300000"
        case .taskTimeout: "3600000"
        case .maxRetries: "3"
        case .childMemory: "1GiB"
        case .demoFaults: "false"
        case .retryBase: "60000"
        case .retryCap: "600000"
        case .heartbeat: "5000"
        case .workerDead: "20000"
        case .grace: "20000"
        case .resultTTL, .retentionSucceeded, .retentionCancelled: "24h"
        case .retentionFailed: "14d"
        case .doctorInterval: "10m"
        case .strict: "true"
        case .logLevel: "info"
        case .logFormat: "text"
        }
    }

    /// Whether its value must never be shown.
    package var isSecret: Bool {
        switch self {
        case .databaseURL, .postgresPassword: true
        default: false
        }
    }
}
