import Testing
import Workloads

@Suite("A path tells whether a member is configuration, and of which layer")
struct ConfPathTests {
    /// `layer app user scope type tree`, with `-` for nil; or the reason why it is left out.
    private func describe(_ path: String, _ type: UploadType) -> String {
        switch ConfPath(path, type: type) {
        case .omitted(let reason):
            return reason.rawValue
        case .configuration(let found):
            return [found.layer?.rawValue, found.app, found.user, found.scope?.rawValue, found.confType, found.tree]
                .map { $0 ?? "-" }.joined(separator: " ")
        }
    }

    @Test(
        "in an etc directory",
        arguments: [
            ("etc/system/default/props.conf", "system system - default props -"),
            ("etc/system/local/inputs.conf", "system system - local inputs -"),
            ("etc/apps/TA-x/default/inputs-enterprise.conf", "app TA-x - default inputs-enterprise -"),
            ("etc/apps/TA-x/local/itsi_kpi_template.conf", "app TA-x - local itsi_kpi_template -"),
            ("etc/apps/TA-x/metadata/default.meta", "app TA-x - metadata default -"),
            ("etc/apps/TA-x/metadata/local.meta", "app TA-x - metadata local -"),
            ("etc/users/jane/search/local/savedsearches.conf", "user search jane local savedsearches -"),
            ("etc/users/jane/search/metadata/local.meta", "user search jane metadata local -"),
            ("etc/deployment-apps/TA-x/local/inputs.conf", "app TA-x - local inputs deployment-apps"),
            ("etc/slave-apps/_cluster/local/indexes.conf", "app _cluster - local indexes slave-apps"),
            ("etc/peer-apps/_cluster/default/indexes.conf", "app _cluster - default indexes peer-apps"),
            ("etc/master-apps/TA-x/local/props.conf", "app TA-x - local props master-apps"),
            ("etc/manager-apps/TA-x/local/props.conf", "app TA-x - local props manager-apps"),
            ("etc/disabled-apps/TA-x/default/app.conf", "app TA-x - default app disabled-apps"),
            ("etc/shcluster/apps/TA-x/default/app.conf", "app TA-x - default app shcluster/apps"),
            ("etc/shcluster/users/jane/search/local/macros.conf", "user search jane local macros shcluster/users"),
        ])
    func layers(path: String, expected: String) {
        for type in UploadType.allCases { #expect(describe(path, type) == expected) }
    }

    @Test(
        "whatever stands before etc, and however the path is written",
        arguments: [
            "opt/splunk/etc/apps/TA-x/local/inputs.conf", "./etc/apps/TA-x/local/inputs.conf", "etc//apps/./TA-x/local/inputs.conf",
            "C:\\Program Files\\Splunk\\etc\\apps\\TA-x\\local\\inputs.conf", "etc\\apps\\TA-x\\local\\inputs.conf",
            "C:\\Splunk\\etc/apps/TA-x/local/inputs.conf", "etc/backup/etc/apps/TA-x/local/inputs.conf", "apps/TA-x/local/inputs.conf",
            "./apps/TA-x/local/inputs.conf", "myhost/apps/TA-x/local/inputs.conf",
        ])
    func prefixes(path: String) {
        #expect(describe(path, .instanceEtc) == "app TA-x - local inputs -")
    }

    @Test(
        "in a package with the app at its top",
        arguments: [
            ("TA-x/default/inputs.conf", "app TA-x - default inputs -"), ("./TA-x/local/props.conf", "app TA-x - local props -"),
            ("TA-x/metadata/default.meta", "app TA-x - metadata default -"), ("TA-x/README/inputs.conf.spec", "documentation"),
            ("TA-x/bin/lib/setting.conf", "outside_layers"), ("TA-x/app.conf", "outside_layers"),
            ("TA-x/appserver/addons/TA-y/default/app.conf", "nested_app"), ("local/inputs.conf", "app - - local inputs -"),
        ])
    func packages(path: String, expected: String) {
        #expect(describe(path, .appBundle) == expected)
        #expect(describe(path, .instanceEtc) == expected)
    }

    @Test(
        "what is no layer is left out, with the reason",
        arguments: [
            ("etc/apps/TA-x/README/inputs.conf.spec", "documentation"), ("etc/apps/TA-x/README/splunk_create.spec.conf", "documentation"),
            ("etc/system/README/inputs.conf.example", "documentation"),
            ("etc/system/default.old.20250618-150646/props.conf", "upgrade_leftover"),
            ("etc/apps/TA-x/default.old.20250618-150646/props.conf", "upgrade_leftover"),
            ("etc/apps/TA-x/bin/splunktalib/setting.conf", "outside_layers"), ("etc/apps/TA-x/config/x.conf", "outside_layers"),
            ("etc/apps/TA-x/default/data/ui/x.conf", "outside_layers"), ("etc/apps/TA-x/x.conf", "outside_layers"),
            ("etc/apps/x.conf", "outside_layers"), ("btool_output/*.conf", "bad_name"), ("etc/apps/TA-x/local/.conf", "bad_name"),
            ("btool_output/props.conf", "outside_layers"), ("etc/openldap/ldap.conf", "outside_layers"),
            ("etc/splunk-launch.conf", "outside_layers"), ("etc/modules/input/x/default/y.conf", "outside_layers"),
            ("opt/splunk/etc/modules/default/y.conf", "outside_layers"), ("var/run/splunk/merged/server.conf", "outside_layers"),
            ("etc/apps/TA-x/default/default.meta", "misplaced"), ("etc/apps/TA-x/metadata/app.conf", "misplaced"),
            ("etc/apps/TA-x/metadata/other.meta", "misplaced"), ("etc/apps/TA-x/app/appserver/addons/TA-y/default/app.conf", "nested_app"),
            ("etc/apps/TA-x/TA-y/metadata/default.meta", "nested_app"), ("etc/users/jane/search/default/x.conf", "outside_layers"),
            ("etc/users/jane/search/metadata/default.meta", "misplaced"), ("etc/users/jane/x.conf", "outside_layers"),
            ("etc/shcluster/x/default/y.conf", "outside_layers"), ("etc/apps/TA-x/local/._inputs.conf", "hidden_file"),
            ("__MACOSX/TA-x/local/inputs.conf", "hidden_file"), ("etc/apps/TA-x/bin/x.py", "not_configuration"),
            ("etc/apps/TA-x/local/inputs.conf.bak", "not_configuration"), ("etc/apps/TA-x/local/INPUTS.CONF", "not_configuration"),
            ("", "not_configuration"),
        ])
    func omissions(path: String, expected: String) {
        #expect(describe(path, .instanceEtc) == expected)
        #expect(describe(path, .deploymentServerEtc) == expected)
    }

    @Test(
        "a file on its own has a type and nothing else",
        arguments: [
            ("inputs.conf", "inputs", nil), ("C:\\temp\\props.conf", "props", nil), ("dir/local.meta", "local", "metadata"),
            ("odd name", "odd name", nil),
        ] as [(String, String, String?)])
    func singleFile(name: String, type: String, scope: String?) {
        let found = ConfProvenance(singleFile: name)
        #expect(found == ConfProvenance(layer: nil, app: nil, scope: scope.flatMap(ConfProvenance.Scope.init), confType: type))
    }
}
