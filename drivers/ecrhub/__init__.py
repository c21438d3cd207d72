"""ECRHub: Android terminals of Wiseasy, PayCloud, CodePay and their partners on a USB serial line."""
