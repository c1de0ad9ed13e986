"""Where frames come from: RTSP cameras and video files."""
