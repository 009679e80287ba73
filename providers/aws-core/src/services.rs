//! The services whose endpoints the provider block can set.

/// The names of an `endpoints` block for services that we call, with the SDK's id of the service.
const CALLED: [(&str, &str); 13] = [
    ("cloudwatchlog", "CloudWatch Logs"),
    ("cloudwatchlogs", "CloudWatch Logs"),
    ("dynamodb", "DynamoDB"),
    ("ec2", "EC2"),
    ("iam", "IAM"),
    ("kms", "KMS"),
    ("logs", "CloudWatch Logs"),
    ("outposts", "Outposts"),
    ("s3", "S3"),
    ("s3api", "S3"),
    ("s3control", "S3 Control"),
    ("ssm", "SSM"),
    ("sts", "STS"),
];

/// Names for services that we do not call. They are accepted, since configurations for several tools set them.
const OTHERS: &str = "accessanalyzer account acm acmpca amg amp amplify apigateway apigatewayv2 appautoscaling appconfig \
    appfabric appflow appintegrations appintegrationsservice applicationautoscaling applicationinsights \
    applicationsignals appmesh appregistry apprunner appstream appsync arcregionswitch athena auditmanager autoscaling \
    autoscalingplans backup batch bcmdataexports beanstalk bedrock bedrockagent bedrockagentcore billing budgets ce \
    chatbot chime chimesdkmediapipelines chimesdkvoice cleanrooms cloud9 cloudcontrol cloudcontrolapi cloudformation \
    cloudfront cloudfrontkeyvaluestore cloudhsm cloudhsmv2 cloudsearch cloudtrail cloudwatch cloudwatchevents \
    cloudwatchevidently cloudwatchobservabilityaccessmanager cloudwatchrum codeartifact codebuild codecatalyst \
    codecommit codeconnections codedeploy codeguruprofiler codegurureviewer codepipeline codestarconnections \
    codestarnotifications cognitoidentity cognitoidentityprovider cognitoidp comprehend computeoptimizer config \
    configservice connect connectcases controltower costandusagereportservice costexplorer costoptimizationhub cur \
    customerprofiles databasemigration databasemigrationservice databrew dataexchange datapipeline datasync datazone \
    dax deploy detective devicefarm devopsguru directconnect directoryservice dlm dms docdb docdbelastic drs ds dsql \
    ecr ecrpublic ecs efs eks elasticache elasticbeanstalk elasticloadbalancing elasticloadbalancingv2 elasticsearch \
    elasticsearchservice elastictranscoder elb elbv2 emr emrcontainers emrserverless es eventbridge events evidently evs \
    finspace firehose fis fms fsx gamelift glacier globalaccelerator glue gluedatabrew grafana greengrass groundstation \
    guardduty healthlake identitystore imagebuilder inspector inspector2 inspectorv2 internetmonitor invoicing iot \
    iotanalytics iotevents ivs ivschat kafka kafkaconnect kendra keyspaces kinesis kinesisanalytics kinesisanalyticsv2 \
    kinesisvideo lakeformation lambda launchwizard lex lexmodelbuilding lexmodelbuildingservice lexmodels \
    lexmodelsv2 lexv2models licensemanager lightsail location locationservice lookoutmetrics m2 macie2 managedgrafana \
    mediaconnect mediaconvert medialive mediapackage mediapackagev2 mediapackagevod mediastore memorydb mgn mpa mq msk \
    mwaa mwaaserverless neptune neptunegraph networkfirewall networkflowmonitor networkmanager networkmonitor \
    notifications notificationscontacts oam observabilityadmin odb opensearch opensearchingestion opensearchserverless \
    opensearchservice opsworks organizations osis paymentcryptography pcaconnectorad pcs pinpoint \
    pinpointsmsvoicev2 pipes polly pricing prometheus prometheusservice qbusiness qldb quicksight ram rbin rds rdsdata \
    rdsdataservice recyclebin redshift redshiftdata redshiftdataapiservice redshiftserverless rekognition resiliencehub \
    resourceexplorer2 resourcegroups resourcegroupstagging resourcegroupstaggingapi rolesanywhere route53 route53domains \
    route53profiles route53recoverycontrolconfig route53recoveryreadiness route53resolver rum s3files \
    s3outposts s3tables s3vectors sagemaker savingsplans scheduler schemas sdb secretsmanager securityhub securitylake \
    serverlessapplicationrepository serverlessapprepo serverlessrepo servicecatalog servicecatalogappregistry \
    servicediscovery servicequotas ses sesv2 sfn shield signer simpledb sns sqs ssmcontacts ssmincidents ssmquicksetup \
    ssmsap sso ssoadmin stepfunctions storagegateway swf synthetics taxsettings timestreaminfluxdb timestreamquery \
    timestreamwrite transcribe transcribeservice transfer translate verifiedpermissions voiceid vpclattice waf \
    wafregional wafv2 wellarchitected workmail workspaces workspacesweb xray";

/// Every name of an `endpoints` block.
pub(crate) fn endpoint_names() -> impl Iterator<Item = &'static str> {
    CALLED.iter().map(|(name, _)| *name).chain(OTHERS.split_whitespace())
}

/// The SDK's id of the service that a name of an `endpoints` block means, if we call it.
pub(crate) fn service_id(name: &str) -> Option<&'static str> {
    CALLED.iter().find(|(n, _)| *n == name).map(|(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = endpoint_names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > 300, "{count} names");
        assert_eq!(service_id("s3api"), Some("S3"));
        assert_eq!(service_id("sqs"), None);
    }
}
