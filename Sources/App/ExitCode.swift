import Storage
import TaskEngine

/// What the process tells its supervisor, after sysexits.h.
package enum ExitCode {
    /// 64: a setting or argument is wrong. 69: the database cannot be reached, or the address is taken. 73: the database
    /// cannot be used. ``ClientError/Code`` has those of `submit`. 75: start me again. 78: this binary is too old for the database. 70: anything else.
    package static func code(for error: any Error) -> Int32 {
        switch error {
        case is SettingsError: 64
        case is ListenError: 69
        case let error as ClientError: error.code.rawValue
        case let error as EngineError:
            switch error.code {
            case .tooManyAbandonedHandlers: 75
            case .schemaTooNew: 78
            }
        case let error as StorageError: code(error)
        default: 70
        }
    }

    private static func code(_ error: StorageError) -> Int32 {
        switch error.code {
        case .configuration: 64
        case .unavailable, .busy, .credentials: 69
        case .diskFull, .readOnly, .corrupt, .locked, .ioError: 73
        case .schema: 78
        case .constraint, .conflict, .outcomeUnknown, .other: 70
        }
    }

    /// One line for people.
    package static func message(for error: any Error) -> String {
        switch error {
        case let error as StorageError: error.message
        case let error as SettingsError: error.description
        case let error as EngineError: error.description
        case let error as RegistrationError: error.description
        case let error as ListenError: error.description
        case let error as ClientError: error.message
        default: String(describing: error)
        }
    }
}
