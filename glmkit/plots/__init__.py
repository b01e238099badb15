"""Pictures of a fit, drawn with matplotlib, which is imported on use.

Every function takes ``ax=``, draws into it and returns it; no global style is touched.
"""
