//! A website, its copy, and all that buckets can be told.

use terrane_e2e::World;

const SITE: &str = r#"
provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
}

variable "prefix" {}
variable "changed" {
  default = false
}

resource "aws_s3_bucket" "site" {
  bucket        = "${var.prefix}-site"
  force_destroy = true
}

resource "aws_s3_bucket" "copy" {
  bucket        = "${var.prefix}-copy"
  force_destroy = true
}

resource "aws_s3_bucket" "kept" {
  bucket              = "${var.prefix}-kept"
  object_lock_enabled = true
}

resource "aws_s3_bucket_versioning" "each" {
  for_each = { site = aws_s3_bucket.site.id, copy = aws_s3_bucket.copy.id }
  bucket   = each.value
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "page" {
  bucket       = aws_s3_bucket.site.id
  key          = "index.html"
  content      = var.changed ? "<p>two</p>" : "<p>one</p>"
  content_type = "text/html"
  tags         = { Name = "page" }
  depends_on   = [aws_s3_bucket_versioning.each]
}

resource "aws_s3_bucket_website_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = var.changed ? "missing.html" : "error.html"
  }
}

resource "aws_s3_bucket_cors_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = var.changed ? ["https://a.example.com", "https://b.example.com"] : ["https://a.example.com"]
  }
}

resource "aws_s3_bucket_accelerate_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  status = var.changed ? "Suspended" : "Enabled"
}

resource "aws_s3_bucket_request_payment_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  payer  = var.changed ? "BucketOwner" : "Requester"
}

resource "aws_s3_bucket_ownership_controls" "each" {
  for_each = { copy = aws_s3_bucket.copy.id, kept = aws_s3_bucket.kept.id }
  bucket   = each.value
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "copy" {
  bucket     = aws_s3_bucket.copy.id
  acl        = "log-delivery-write"
  depends_on = [aws_s3_bucket_ownership_controls.each]
}

resource "aws_s3_bucket_acl" "kept" {
  bucket     = aws_s3_bucket.kept.id
  acl        = var.changed ? "private" : "authenticated-read"
  depends_on = [aws_s3_bucket_ownership_controls.each]
}

resource "aws_s3_bucket_logging" "site" {
  bucket        = aws_s3_bucket.site.id
  target_bucket = aws_s3_bucket.copy.id
  target_prefix = var.changed ? "logs/" : "log/"
  depends_on    = [aws_s3_bucket_acl.copy]
}

resource "aws_s3_bucket_object_lock_configuration" "kept" {
  bucket = aws_s3_bucket.kept.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.changed ? 2 : 1
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  role   = "arn:aws:iam::123456789012:role/replication"
  rule {
    id     = "all"
    status = "Enabled"
    filter {
      prefix = ""
    }
    delete_marker_replication {
      status = "Disabled"
    }
    destination {
      bucket        = aws_s3_bucket.copy.arn
      storage_class = var.changed ? "GLACIER" : "STANDARD_IA"
    }
  }
  depends_on = [aws_s3_bucket_versioning.each]
}

resource "aws_s3_bucket_notification" "site" {
  bucket = aws_s3_bucket.site.id
  topic {
    topic_arn     = "arn:aws:sns:eu-west-1:123456789012:pages"
    events        = ["s3:ObjectCreated:*"]
    filter_suffix = var.changed ? ".htm" : ".html"
  }
}

data "aws_s3_object" "page" {
  bucket     = aws_s3_bucket.site.id
  key        = "index.html"
  depends_on = [aws_s3_object.page]
}

output "page" {
  value = data.aws_s3_object.page.body
}
"#;

#[test]
fn the_settings_of_buckets_are_made_kept_changed_and_removed() {
    let Some(world) = World::new("buckets") else { return };
    world.write("main.tf", SITE);
    let prefix = world.unique("site");
    world.write("terraform.tfvars", &format!("prefix = \"{prefix}\"\n"));
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["18 added", "<p>one</p>"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["apply", "-auto-approve", "-var=changed=true"]).code(0).says(&["10 changed", "<p>two</p>"]);
    world.terrane(&["plan", "-detailed-exitcode", "-var=changed=true"]).code(0).says(&["No changes."]);
    // Somebody opens a bucket and takes the website away.
    world.account().s3("PUT", &format!("/{prefix}-kept?acl"), OPEN);
    world.account().s3("DELETE", &format!("/{prefix}-site?website"), "");
    let drifted = world.terrane(&["plan", "-detailed-exitcode", "-var=changed=true"]).code(2);
    drifted.says(&["aws_s3_bucket_acl.kept", "aws_s3_bucket_website_configuration.site", "1 to add, 1 to change"]);
    world.terrane(&["apply", "-auto-approve", "-var=changed=true"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode", "-var=changed=true"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve", "-var=changed=true"]).code(0).says(&["18 destroyed"]);
}

/// The ACL of a bucket that everybody may read.
const OPEN: &str = r#"<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"#;
